// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTP
import HTTPClient

/// Signs calls, sends them, and makes those again that may succeed later.
final class BlobCaller: Sendable {
    /// The longest answer that is read into memory, in bytes: a page of 5,000 names with metadata.
    private static let longestAnswer = 64 << 20

    private let connection: ConnectionString
    private let origin: HTTPOrigin
    private let basePath: String
    private let pool: HTTPConnectionPool
    private let retries: BlobRetryPolicy

    init(_ connection: ConnectionString, _ options: BlobClientOptions) throws {
        let parts = connection.blobEndpoint.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        do {
            origin = try HTTPOrigin(parts.prefix(3).joined(separator: "/"))
        } catch let error as HTTPClientError {
            throw BlobClientError("the address of the blob service cannot be used: \(error.message)")
        }
        basePath = parts.count > 3 && !parts[3].isEmpty ? "/\(parts[3])" : ""
        self.connection = connection
        retries = options.retries
        var pooling = HTTPConnectionPool.Options()
        pooling.connectionsPerOrigin = options.connections
        pooling.stallTimeout = options.stallTimeout
        pooling.authorityFile = options.authorityFile
        pool = HTTPConnectionPool(options: pooling)
    }

    /// Makes a call, again if need be, and returns the answer with its whole body.
    ///
    /// - Throws: ``BlobClientError``; `CancellationError`.
    func answer(to call: BlobCall) async throws -> (fields: HTTPFields, body: [UInt8]) {
        try await retrying {
            let reply = try await self.reply(to: call)
            return (reply.fields, try await self.body(of: reply, to: call))
        }
    }

    /// Makes a call once; the answer's body is still to be read.
    ///
    /// - Throws: ``BlobClientError`` unless the status is one of success; `CancellationError`.
    func reply(to call: BlobCall) async throws -> HTTPReply {
        let request = try call.request(
            below: basePath, for: connection, at: .now(), id: UUID().uuidString.lowercased())
        do {
            let reply = try await pool.send(request, to: origin, body: call.body)
            if (200..<300).contains(reply.status.code) { return reply }
            // An answer without a readable explanation is still an answer.
            let body = try? await reply.body.collect(upTo: 64 << 10)
            throw BlobClientError(call, answer: reply, body: body ?? [])
        } catch let error as HTTPClientError {
            throw BlobClientError(call, error)
        }
    }

    /// The next piece of an answer's body; empty at the end.
    func read(_ reply: HTTPReply, to call: BlobCall) async throws -> [UInt8] {
        do {
            return try await reply.body.read()
        } catch let error as HTTPClientError {
            throw BlobClientError(call, error)
        }
    }

    /// Runs `body` until it succeeds, fails for good, or failed too often.
    func retrying<Value>(_ body: () async throws -> Value) async throws -> Value {
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch let error as BlobClientError where error.isRetriable && attempt < retries.attempts {
                let delay = retries.delay(afterAttempt: attempt, jitter: .random(in: 0...1))
                try await Task.sleep(for: max(delay, error.retryAfter ?? .zero))
                attempt += 1
            }
        }
    }

    private func body(of reply: HTTPReply, to call: BlobCall) async throws -> [UInt8] {
        do {
            return try await reply.body.collect(upTo: Self.longestAnswer)
        } catch let error as HTTPClientError {
            throw BlobClientError(call, error)
        }
    }
}
