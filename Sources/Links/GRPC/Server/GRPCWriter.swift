// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Protobuf

/// Sends the messages of a streamed answer.
public struct GRPCWriter: Sendable {
    private let call: ServerCall

    init(_ call: ServerCall) { self.call = call }

    /// Sends a message and returns when there is room for another: a slow client slows its handler down.
    ///
    /// - Throws: ``GRPCStatus`` when the call is over (the client has gone or given up, the deadline has passed), or
    ///   the message is too long.
    public func write(_ message: [UInt8]) async throws { try await call.write(message) }

    /// Sends a message and returns when there is room for another: a slow client slows its handler down.
    ///
    /// - Throws: ``GRPCStatus``, as for bytes.
    public func write(_ message: some ProtobufMessage) async throws { try await call.write(message.protobuf) }

    /// Sends the answer's head now, instead of with the first message: the client then knows that it is served.
    ///
    /// - Throws: ``GRPCStatus`` when the call is over.
    public func sendHead() async throws { try await call.sendHead() }
}
