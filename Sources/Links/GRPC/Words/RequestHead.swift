// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What a client asks for, from the fields of its request.
struct RequestHead {
    /// Why a request is no call.
    enum Refusal: Error, Equatable {
        /// It is some other kind of request; the HTTP status to answer with.
        case notGRPC(status: Int)
        /// It is a call with an error in it.
        case status(GRPCStatus)
    }

    let path: String
    let timeout: Duration?
    let metadata: GRPCMetadata

    /// - Throws: ``Refusal``.
    init(_ fields: [HTTP2Field]) throws {
        guard fields[":method"] == "POST" else { throw Refusal.notGRPC(status: 405) }
        guard Self.isGRPC(fields["content-type"]) else { throw Refusal.notGRPC(status: 415) }
        path = fields[":path"] ?? ""
        metadata = GRPCMetadata(fields: fields)
        if let text = fields["grpc-timeout"] {
            guard let timeout = TimeoutText.decode(text) else {
                throw Refusal.status(
                    GRPCStatus(.internalError, "grpc-timeout is not a number of 1 to 8 digits and a unit"))
            }
            self.timeout = timeout
        } else {
            timeout = nil
        }
    }

    /// Whether a content type is gRPC's, whatever the encoding of its messages.
    static func isGRPC(_ contentType: String?) -> Bool {
        guard let type = contentType?.lowercased(), type.hasPrefix("application/grpc") else { return false }
        let rest = type.dropFirst("application/grpc".count)
        return rest.isEmpty || rest.hasPrefix("+") || rest.hasPrefix(";")
    }
}
