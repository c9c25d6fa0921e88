// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The answer to a unary call.
public struct GRPCReply: Sendable {
    /// The message's bytes.
    public let message: [UInt8]
    /// What came before the message.
    public let metadata: GRPCMetadata
    /// What came behind it.
    public let trailers: GRPCMetadata
}

/// The messages of a streamed answer, as bytes, in their order.
///
/// They are read once. The server sends no more than the window holds before they are read. Reading throws
/// ``GRPCStatus`` when the call ends otherwise than well, and cancelling the task that reads cancels the call.
public struct GRPCMessages: AsyncSequence, Sendable {
    /// A message.
    public typealias Element = [UInt8]

    private let call: ClientCall

    init(_ call: ClientCall) { self.call = call }

    /// What came before the messages; it waits for that.
    ///
    /// - Throws: ``GRPCStatus`` when the call ends without an answer.
    public func metadata() async throws -> GRPCMetadata { try await call.metadata() }

    /// What came behind the last message; empty before the end was read.
    public func trailers() async -> GRPCMetadata { await call.trailers() }

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator { Iterator(call: call) }

    /// Reads the messages one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let call: ClientCall
        private var batch: ArraySlice<[UInt8]> = []

        init(call: ClientCall) { self.call = call }

        /// The next message; nil at the end.
        ///
        /// - Throws: ``GRPCStatus``.
        public mutating func next() async throws -> [UInt8]? {
            if batch.isEmpty { batch = try await call.nextMessages()[...] }
            return batch.popFirst()
        }
    }
}
