// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Get Blob Service Properties: what the service does beside storing, which is nothing yet.
struct GetServiceProperties: StorageOperation {
    init(_ request: StorageRequest) throws {}

    var access: RequiredAccess { .account(.service, .read) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        var xml = XMLWriter()
        xml.element("StorageServiceProperties") { xml in
            xml.element("Logging") { xml in
                xml.element("Version", "1.0")
                for name in ["Delete", "Read", "Write"] { xml.element(name, "false") }
                xml.element("RetentionPolicy") { $0.element("Enabled", "false") }
            }
            for name in ["HourMetrics", "MinuteMetrics"] {
                xml.element(name) { xml in
                    xml.element("Version", "1.0")
                    xml.element("Enabled", "false")
                    xml.element("RetentionPolicy") { $0.element("Enabled", "false") }
                }
            }
            xml.empty("Cors")
            xml.element("DeleteRetentionPolicy") { $0.element("Enabled", "false") }
            xml.element("StaticWebsite") { $0.element("Enabled", "false") }
        }
        return HTTPResponse(status: 200, fields: ["Content-Type": "application/xml"], body: .bytes(xml.bytes))
    }
}
