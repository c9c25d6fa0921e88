// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What the fields of an answer say.
enum ResponseFields {
    /// Fields before the messages.
    enum Head: Equatable {
        /// A better head follows (HTTP status 1xx).
        case interim
        /// Messages follow.
        case messages(GRPCMetadata)
        /// It is no gRPC answer.
        case refusal(GRPCStatus)
    }

    static func head(_ fields: [HTTP2Field]) -> Head {
        guard let status = fields[":status"].flatMap({ Int($0) }) else {
            return .refusal(GRPCStatus(.internalError, "the server's answer has no HTTP status"))
        }
        if (100...199).contains(status) { return .interim }
        // A server or proxy that has a gRPC status to tell, tells it whatever its HTTP status.
        if status != 200 && fields["grpc-status"] == nil { return .refusal(GRPCStatus(http: status)) }
        guard RequestHead.isGRPC(fields["content-type"]) else {
            let type = fields["content-type"] ?? "of no type"
            return .refusal(GRPCStatus(.unknown, "the server's answer is \(type), not gRPC"))
        }
        return .messages(GRPCMetadata(fields: fields))
    }

    /// The status behind the messages, or in a head that is all there is.
    static func status(_ fields: [HTTP2Field]) -> GRPCStatus {
        guard let text = fields["grpc-status"] else {
            return GRPCStatus(.unknown, "the server ended the call without a status")
        }
        let code = Int(text).flatMap(GRPCStatus.Code.init(rawValue:)) ?? .unknown
        let message = fields["grpc-message"].map(StatusMessage.decode) ?? ""
        return GRPCStatus(code, message, trailers: GRPCMetadata(fields: fields))
    }

    /// The fields of a head.
    static func head(_ metadata: GRPCMetadata) throws -> [HTTP2Field] {
        bareHead + (try metadata.fields())
    }

    /// The fields of a head without metadata.
    static let bareHead = [
        HTTP2Field(":status", "200"), HTTP2Field("content-type", "application/grpc"),
        HTTP2Field("grpc-accept-encoding", "identity"),
    ]

    /// The fields that end a call.
    static func trailers(_ status: GRPCStatus) -> [HTTP2Field] {
        var fields = [HTTP2Field("grpc-status", "\(status.code.rawValue)")]
        if !status.message.isEmpty { fields.append(HTTP2Field("grpc-message", StatusMessage.encode(status.message))) }
        // Trailers that cannot be sent are left out: the status must reach the client.
        return fields + ((try? status.trailers.fields()) ?? [])
    }
}
