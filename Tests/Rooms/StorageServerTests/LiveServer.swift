// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import HTTPServer
import Sockets
import Telemetry
import Testing

@testable import StorageServer

/// A blob service on a port of this machine, for the length of `body`.
func withLiveServer<Value>(_ body: (StoreFixture, ConnectionString) async throws -> Value) async throws -> Value {
    let fixture = try await StoreFixture(clock: StorageTime.now)
    let failures = Lock<[LogLine]>([])
    let log = Log(from: .warning) { line in failures.withLock { $0.append(line) } }
    let service = BlobService(store: fixture.store, accounts: [.development], log: log)
    let listener = HTTPListener(
        configuration: HTTPServerConfiguration(address: SocketAddress(host: "127.0.0.1", port: 0)),
        responder: service, log: log, loops: try EventLoops(count: 1))
    let address = try listener.bind()
    async let served: Void = listener.run()
    let connection = ConnectionString(
        account: account, credential: .key(StorageAccount.development.keys[0]),
        blobEndpoint: "http://\(address)/\(account)")
    let result = await Result.catching { try await body(fixture, connection) }
    await listener.drain(within: .seconds(5))
    try await served
    #expect(failures.withLock { $0.map { "\($0.message) \($0.values)" } } == [])
    return try result.get()
}

extension Result where Failure == any Error {
    fileprivate static func catching(_ body: () async throws -> Success) async -> Result {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
