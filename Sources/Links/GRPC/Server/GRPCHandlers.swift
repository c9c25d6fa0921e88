// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Protobuf

/// The methods that a server answers, by their paths: `/Package.Service/Method`.
///
/// A handler runs on its connection's event loop: it moves work that blocks or computes for longer than a millisecond
/// elsewhere. Its task is cancelled when the client gives up or goes away and when the call's deadline passes. A
/// ``GRPCStatus`` that it throws is how the call ends; other errors go to the log, and to the client as
/// ``GRPCStatus/Code/unknown`` without their text.
public struct GRPCHandlers: Sendable {
    /// Answers a request with one message.
    public typealias Unary = @Sendable (_ request: [UInt8], _ context: GRPCCallContext) async throws -> [UInt8]
    /// Answers a request with as many messages as it writes.
    public typealias Streaming =
        @Sendable (
            _ request: [UInt8], _ context: GRPCCallContext, _ writer: GRPCWriter
        ) async throws -> Void

    enum Handler: Sendable {
        case unary(Unary)
        case streaming(Streaming)
    }

    private var handlers: [String: Handler] = [:]

    /// No methods.
    public init() {}

    /// Answers the method with one message of bytes.
    public mutating func unary(_ path: String, _ handler: @escaping Unary) {
        add(.unary(handler), path)
    }

    /// Answers the method with a stream of messages of bytes.
    public mutating func streaming(_ path: String, _ handler: @escaping Streaming) {
        add(.streaming(handler), path)
    }

    /// Answers the method with one message.
    public mutating func unary<Request: ProtobufMessage, Reply: ProtobufMessage>(
        _ path: String, _ handler: @escaping @Sendable (Request, GRPCCallContext) async throws -> Reply
    ) {
        let bytewise: Unary = { try await handler(Request(request: $0), $1).protobuf }
        unary(path, bytewise)
    }

    /// Answers the method with a stream of messages.
    public mutating func streaming<Request: ProtobufMessage>(
        _ path: String, _ handler: @escaping @Sendable (Request, GRPCCallContext, GRPCWriter) async throws -> Void
    ) {
        let bytewise: Streaming = { try await handler(Request(request: $0), $1, $2) }
        streaming(path, bytewise)
    }

    subscript(path: String) -> Handler? { handlers[path] }

    private mutating func add(_ handler: Handler, _ path: String) {
        precondition(path.hasPrefix("/"), "a method's path is /Service/Method")
        precondition(handlers[path] == nil, "\(path) has a handler already")
        handlers[path] = handler
    }
}

extension ProtobufMessage {
    fileprivate init(request bytes: [UInt8]) throws {
        do {
            try self.init(protobuf: bytes)
        } catch {
            throw GRPCStatus(.invalidArgument, "the request is \(error)")
        }
    }
}
