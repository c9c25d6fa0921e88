// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Set Blob Service Properties: accepts what asks for nothing, and refuses what would not be done.
struct SetServiceProperties: StorageOperation {
    private static let largestBody = 64 << 10

    init(_ request: StorageRequest) throws {}

    var access: RequiredAccess { .account(.service, .write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let root = try XMLElement(parsing: try await context.body.collect(upTo: Self.largestBody))
        guard root.name == "StorageServiceProperties" else { throw StorageError(.invalidXmlDocument) }
        for part in root.children where part.name != "DefaultServiceVersion" && Self.asksForSomething(part) {
            throw StorageError.notImplemented("The service property \(part.name)")
        }
        return HTTPResponse(status: 202)
    }

    private static func asksForSomething(_ part: XMLElement) -> Bool {
        if part.name == "CorsRule" { return true }
        let switches: Set = ["Enabled", "Read", "Write", "Delete"]
        if switches.contains(part.name), part.text.lowercased() == "true" { return true }
        return part.children.contains(where: asksForSomething)
    }
}
