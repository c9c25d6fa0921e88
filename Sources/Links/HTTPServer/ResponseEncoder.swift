// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

/// How an answer is framed, and its head as bytes.
struct ResponseEncoder {
    /// How the peer knows where the body ends.
    enum Framing: Equatable {
        /// By a length; 204 and its like have none and need none.
        case length(Int64?)
        /// By a last chunk.
        case chunked
        /// By the end of the connection, for HTTP/1.0.
        case close
    }

    let status: HTTPStatus
    let framing: Framing
    /// Whether the body's bytes follow; they do not for HEAD and for codes that never have any.
    let sendsBody: Bool
    /// Whether the connection may carry another request after this answer.
    let isPersistent: Bool
    private let fields: HTTPFields
    private let version: HTTPVersion

    /// - Parameters:
    ///   - head: The request; nil when it could not be read.
    ///   - mayPersist: Whether the connection's own state allows a further request.
    init(_ response: HTTPResponse, to head: RequestHead?, mayPersist: Bool) {
        // Anything else would be a mistake of the responder that the peer could take for an interim answer.
        status = (200...599).contains(response.status.code) ? response.status : 500
        version = head?.version ?? .http11
        fields = response.fields
        let isBodiless = status == 204 || status == 304
        let isHead = head?.request.method == .head
        sendsBody = !isHead && !isBodiless
        framing = Self.framing(response, isBodiless: isBodiless, sendsBody: sendsBody, version: version)
        let wantsClose = response.fields.values(of: "Connection").contains { $0.lowercased() == "close" }
        isPersistent = mayPersist && !wantsClose && (framing != .close || !sendsBody)
    }

    private static func framing(
        _ response: HTTPResponse, isBodiless: Bool, sendsBody: Bool, version: HTTPVersion
    ) -> Framing {
        if !sendsBody, case .empty = response.body, let announced = response.fields["Content-Length"] {
            return .length(response.status == 204 ? nil : Int64(announced).flatMap { $0 >= 0 ? $0 : nil })
        }
        if isBodiless { return .length(nil) }
        if let length = response.body.length { return .length(length) }
        return version == .http11 ? .chunked : .close
    }

    /// The status line and the fields, with the empty line that ends them.
    func head(date: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        append("HTTP/1.1 ", to: &bytes)
        append(String(status.code), to: &bytes)
        append(" ", to: &bytes)
        append(status.reason, to: &bytes)
        append("\r\n", to: &bytes)
        var hasDate = false
        for field in fields.all where !Self.isOwnedByServer(field.name) {
            hasDate = hasDate || sameFieldName(field.name, "Date")
            append(field, to: &bytes)
        }
        if !hasDate {
            append("Date: ", to: &bytes)
            bytes += date
            append("\r\n", to: &bytes)
        }
        appendFraming(to: &bytes)
        append("\r\n", to: &bytes)
        return bytes
    }

    private static func isOwnedByServer(_ name: String) -> Bool {
        sameFieldName(name, "Content-Length") || sameFieldName(name, "Transfer-Encoding")
            || sameFieldName(name, "Connection")
    }

    private func appendFraming(to bytes: inout [UInt8]) {
        switch framing {
        case .length(let length?): append("Content-Length: \(length)\r\n", to: &bytes)
        case .chunked: append("Transfer-Encoding: chunked\r\n", to: &bytes)
        case .length(nil), .close: break
        }
        if !isPersistent {
            append("Connection: close\r\n", to: &bytes)
        } else if version == .http10 {
            append("Connection: keep-alive\r\n", to: &bytes)
        }
    }

    /// A field whose name is no token is left out, and control characters are left out of values: neither may begin a
    /// line of its own, whatever a responder copied into them.
    private func append(_ field: HTTPFields.Field, to bytes: inout [UInt8]) {
        guard !field.name.isEmpty, field.name.utf8.allSatisfy(Grammar.isToken) else { return }
        append(field.name, to: &bytes)
        append(": ", to: &bytes)
        if field.value.utf8.allSatisfy(Grammar.isFieldValue) {
            append(field.value, to: &bytes)
        } else {
            bytes += field.value.utf8.filter(Grammar.isFieldValue)
        }
        append("\r\n", to: &bytes)
    }

    private func append(_ text: String, to bytes: inout [UInt8]) { bytes.append(contentsOf: text.utf8) }
}

extension HTTPResponseBody {
    /// The number of bytes, where it is known beforehand.
    var length: Int64? {
        switch self {
        case .empty: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let region): region.length
        case .stream(let length, _): length
        }
    }
}

extension Rejection {
    /// The answer to the client.
    var response: HTTPResponse {
        HTTPResponse(status: status, fields: ["Content-Type": "text/plain"], body: .bytes(Array((reason + "\n").utf8)))
    }
}
