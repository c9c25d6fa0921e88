// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sockets

/// A request's body, read from its connection.
///
/// Unchecked: every call moves to the connection's loop before it touches anything.
final class RequestBody: HTTPRequestBody, @unchecked Sendable {
    private enum Rest {
        case none
        case bytes(Int64)
        case chunks(ChunkedDecoder)
    }

    let length: Int64?
    private let loop: EventLoop
    /// nil once the exchange is over: what follows on the connection is another request's.
    private var connection: Connection?
    private var rest: Rest
    private var failure: HTTPBodyError?
    private var budget: RateBudget
    /// Whether the client still waits to be told to send the body.
    private(set) var awaitsContinue: Bool

    init(_ head: RequestHead, on connection: Connection) {
        loop = connection.loop
        self.connection = connection
        budget = RateBudget(connection.service.limits)
        awaitsContinue = head.expectsContinue
        switch head.framing {
        case .none: (length, rest) = (0, .none)
        case .length(let length): (self.length, rest) = (length, .bytes(length))
        case .chunked: (length, rest) = (nil, .chunks(ChunkedDecoder()))
        }
    }

    /// Whether every byte was read.
    var isComplete: Bool { if case .none = rest { true } else { false } }

    /// The least number of bytes that are still to be read.
    var remaining: Int64 {
        switch rest {
        case .none: 0
        case .bytes(let count): count
        case .chunks(let decoder): decoder.available
        }
    }

    /// Whether what remains can still be read.
    var isIntact: Bool { failure == nil }

    @concurrent
    func read(upTo limit: Int) async throws -> [UInt8] {
        if loop.isCurrent { return try await pull(upTo: limit) }
        return try await withTaskExecutorPreference(loop) { try await pull(upTo: limit) }
    }

    @concurrent
    func read(into buffer: inout [UInt8]) async throws -> Int {
        if loop.isCurrent { return try await pull(into: &buffer) }
        return try await withTaskExecutorPreference(loop) { try await pull(into: &buffer) }
    }

    /// Nobody reads from now on.
    func end() { connection = nil }

    /// From now on the client is not told to send the body, since its answer has begun.
    func withholdContinue() {
        if awaitsContinue { failure = .ended }
    }

    /// Reads and forgets what remains, if it is not more than `limit`.
    ///
    /// - Returns: Whether the body is complete.
    func discard(upTo limit: Int64) async throws -> Bool {
        var scratch = [UInt8](repeating: 0, count: 16 << 10)
        var left = limit
        while left >= remaining {
            let count = try await pull(into: &scratch)
            if count == 0 { return true }
            left -= Int64(count)
        }
        return false
    }
}

// MARK: Pulling; loop's thread only

extension RequestBody {
    private func pull(upTo limit: Int) async throws -> [UInt8] {
        try await guarded { connection in
            let wanted = try await reach(limit, on: connection)
            if wanted == 0 { return [] }
            while true {
                let piece = try unsafe [UInt8](unsafeUninitializedCapacity: wanted) { target, count in
                    count = try unsafe connection.take(into: UnsafeMutableRawBufferPointer(target)) ?? 0
                }
                if !piece.isEmpty {
                    advance(piece.count)
                    return piece
                }
                try await wait(on: connection)
            }
        }
    }

    private func pull(into buffer: inout [UInt8]) async throws -> Int {
        precondition(!buffer.isEmpty, "a buffer to read into has room for a byte")
        let limit = buffer.count
        return try await guarded { connection in
            let wanted = try await reach(limit, on: connection)
            if wanted == 0 { return 0 }
            while true {
                if let taken = try take(wanted, into: &buffer, from: connection) {
                    advance(taken)
                    return taken
                }
                try await wait(on: connection)
            }
        }
    }

    /// Takes what has come.
    ///
    /// Never inlined: swift-frontend 6.3.1 -O crashes on its throwing closure within the loop of an async function.
    @inline(never)
    private func take(_ wanted: Int, into buffer: inout [UInt8], from connection: Connection) throws -> Int? {
        try unsafe buffer.withUnsafeMutableBytes { target in
            try unsafe connection.take(into: UnsafeMutableRawBufferPointer(rebasing: target[..<wanted]))
        }
    }

    /// Runs `body`, and tells its failure in the words of the vocabulary, now and at every later call.
    private func guarded<Value>(_ body: (Connection) async throws -> Value) async throws -> Value {
        if let failure { throw failure }
        guard let connection else { throw HTTPBodyError.ended }
        do {
            return try await body(connection)
        } catch {
            let told = HTTPBodyError(error)
            failure = told
            throw told
        }
    }

    /// Comes to the next data.
    ///
    /// - Returns: How many bytes of it to take, at most `limit`; 0 at the end of the body.
    private func reach(_ limit: Int, on connection: Connection) async throws -> Int {
        precondition(limit > 0, "a read asks for at least one byte")
        await connection.transport.breathe()
        if isComplete { return 0 }
        try await sendContinue(on: connection)
        while true {
            switch rest {
            case .none: return 0
            case .bytes(let count): return Int(min(count, Int64(limit)))
            case .chunks(let decoder) where decoder.available > 0: return Int(min(decoder.available, Int64(limit)))
            case .chunks(var decoder):
                let used = try connection.input.withSpan { try decoder.readFraming($0) }
                connection.input.drop(used)
                rest = decoder.isDone ? .none : .chunks(decoder)
                if decoder.isDone { connection.noticePeerLeaving() }
                if !decoder.isDone && decoder.available == 0 { try await receiveFraming(on: connection) }
            }
        }
    }

    private func receiveFraming(on connection: Connection) async throws {
        let start = loop.now
        guard try await connection.receive(until: start + budget.allowance) else { throw ChannelError.closed }
        budget.wait(loop.now - start)
    }

    private func sendContinue(on connection: Connection) async throws {
        guard awaitsContinue else { return }
        awaitsContinue = false
        // A client that did not wait need not be told.
        guard connection.input.isEmpty else { return }
        var budget = RateBudget(connection.service.limits)
        try await connection.transport.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), within: &budget)
    }

    private func advance(_ count: Int) {
        budget.move(count)
        switch rest {
        case .none: preconditionFailure("nothing follows a complete body")
        case .bytes(let left): rest = left > Int64(count) ? .bytes(left - Int64(count)) : .none
        case .chunks(var decoder):
            decoder.took(count)
            rest = .chunks(decoder)
        }
        if isComplete { connection?.noticePeerLeaving() }
    }

    private func wait(on connection: Connection) async throws {
        let start = loop.now
        try await connection.transport.channel.waitReadable(until: start + budget.allowance)
        budget.wait(loop.now - start)
    }
}

extension Connection {
    /// Takes received bytes, buffered ones first.
    ///
    /// - Returns: How many; nil when there are none now.
    /// - Throws: ``ChannelError/closed`` at the end, since a body that is asked for has more to come.
    @unsafe
    func take(into target: UnsafeMutableRawBufferPointer) throws -> Int? {
        if !input.isEmpty { return unsafe input.move(into: target) }
        let count = try unsafe transport.receive(into: target)
        if count == 0 { throw ChannelError.closed }
        return count
    }
}

extension HTTPBodyError {
    /// What a failure on the connection means for its body.
    init(_ error: any Error) {
        switch error {
        case ChannelError.timedOut: self = .stalled
        case let rejection as Rejection: self = .malformed(rejection.reason)
        case let told as HTTPBodyError: self = told
        default: self = .disconnected
        }
    }
}
