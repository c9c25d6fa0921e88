// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPClient

/// A blob service did not do what it was asked for, or did not answer.
public struct BlobClientError: Error, Sendable, CustomStringConvertible {
    /// The service's own word; nil when no answer of a blob service came.
    public let code: StorageErrorCode?
    /// The HTTP status of its answer; nil without one.
    public let status: Int?
    /// What failed and why; never a key, a signature or a query.
    public let message: String
    /// What the service calls the request in its own logs.
    public let requestID: String?
    /// Whether the same call may succeed later.
    public let isRetriable: Bool
    /// How long the service asks to wait.
    let retryAfter: Duration?

    /// What failed, why, and the request's id.
    public var description: String { message + (requestID.map { " (request id \($0))" } ?? "") }

    /// The service's answer to a call.
    init(_ call: BlobCall, answer: HTTPReply, body: [UInt8]) {
        let status = answer.status.code
        let xml = try? XMLElement(parsing: body)
        let word = xml?["Code"]?.text ?? answer.fields["x-ms-error-code"]
        // The service's message goes on with an id and a time.
        let reason = xml?["Message"]?.text.split(whereSeparator: \.isNewline).first.map(String.init)
        let detail = xml?["AuthenticationErrorDetail"]?.text
        let words = [word, reason, detail].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
        code = word.map(StorageErrorCode.init(rawValue:))
        self.status = status
        message = "\(call) failed with status \(status)" + (words.isEmpty ? "" : ": \(printable(words))")
        requestID = answer.fields["x-ms-request-id"].map(printable)
        isRetriable = [408, 429, 500, 502, 503, 504].contains(status)
        retryAfter = answer.fields["Retry-After"].flatMap { Int($0) }.map { .seconds(min(max($0, 0), 60)) }
    }

    /// A call that got no whole answer.
    init(_ call: BlobCall, _ error: HTTPClientError) {
        self.init("\(call) failed: \(error.message)", isRetriable: error.isRetriable)
    }

    /// A failure on this side.
    init(_ message: String, isRetriable: Bool = false) {
        code = nil
        status = nil
        self.message = message
        requestID = nil
        self.isRetriable = isRetriable
        retryAfter = nil
    }
}

/// The text with blanks for control characters, cut to a length that fits into an error.
private func printable(_ text: String) -> String {
    String(text.unicodeScalars.prefix(500).map { $0.properties.generalCategory == .control ? " " : Character($0) })
}
