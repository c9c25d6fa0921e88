// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import FoundationEssentials
import HTTP
import HTTPServer
import Peers
import SQLite
import Sockets
import StorageServer

/// What goes wrong with a request, on purpose.
enum Fault: Sendable {
    /// Answered with this status instead.
    case status(HTTPStatus)
    /// Carried out, but the answer is lost.
    case lostAnswer
    /// The answer's body breaks off after so many bytes, and then something else happens.
    case cutAfter(Int, then: @Sendable () async throws -> Void = {})
}

/// The development account, served on a free port by this program's own blob service.
final class ServedAccount: Sendable {
    /// Asked with each request; nil lets it through.
    typealias Faults = @Sendable (HTTPRequest) -> Fault?

    let folder: String
    let connection: ConnectionString
    private let responder: FaultyResponder

    let container: ContainerName

    private init(folder: String, port: UInt16, responder: FaultyResponder) throws {
        container = try ContainerName("pictures")
        self.folder = folder
        self.responder = responder
        let account = StorageAccount.development
        connection = ConnectionString(
            account: account.name, credential: .key(account.keys[0]),
            blobEndpoint: "http://127.0.0.1:\(port)/\(account.name)")
    }

    /// Lends a served account with an empty container.
    static func with(_ body: (ServedAccount) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let database = try SQLiteDatabase(path: folder + "/blobs.sqlite")
            defer { database.close() }
            let store = try await BlobStore.open(database: database, folder: folder + "/content")
            defer { store.close() }
            let responder = FaultyResponder(BlobService(store: store, accounts: [.development]))
            let listener = HTTPListener(
                configuration: HTTPServerConfiguration(), responder: responder, loops: try EventLoops(count: 1))
            let port = try listener.bind().port
            try await withThrowingTaskGroup { group in
                group.addTask { try await listener.run() }
                let account = try ServedAccount(folder: folder, port: port, responder: responder)
                try await account.client().createContainer(account.container)
                try await body(account)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    /// A client that does not wait long between attempts and takes small files for large ones.
    func client(
        _ connection: ConnectionString? = nil, attempts: Int = 3, singleRequestBytes: Int64 = 1 << 20
    ) throws -> BlobClient {
        var options = BlobClientOptions()
        options.retries.attempts = attempts
        options.retries.firstDelay = .milliseconds(1)
        options.singleRequestBytes = singleRequestBytes
        options.blockBytes = 1000
        return try BlobClient(connection ?? self.connection, options: options)
    }

    /// Runs `body` while requests go wrong, and returns how many came.
    @discardableResult
    func failing(_ faults: @escaping Faults, _ body: () async throws -> Void) async throws -> Int {
        responder.begin(faults)
        defer { responder.begin { _ in nil } }
        try await body()
        return responder.count
    }

    /// A file of these bytes.
    func file(_ bytes: [UInt8], named name: String = "source") throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    func bytes(of path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path))) }
}

/// A fault for the first requests of a kind.
func first(_ count: Int, _ fault: Fault, where isMeant: @escaping @Sendable (HTTPRequest) -> Bool)
    -> ServedAccount.Faults
{
    let left = Counter(count)
    return { isMeant($0) && left.takeOne() ? fault : nil }
}

/// Bytes that differ from place to place.
func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 / 1000 &+ $0 &* 7) } }

private final class Counter: Sendable {
    private let left: Lock<Int>

    init(_ count: Int) { left = Lock(count) }

    func takeOne() -> Bool {
        left.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}

private final class FaultyResponder: HTTPResponder {
    private struct Cut: Error {}

    private let service: BlobService
    private let state = Lock<(faults: ServedAccount.Faults, count: Int)>(({ _ in nil }, 0))

    init(_ service: BlobService) { self.service = service }

    var count: Int { state.withLock { $0.count } }

    func begin(_ faults: @escaping ServedAccount.Faults) { state.withLock { $0 = (faults, 0) } }

    func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse {
        let faults = state.withLock { state in
            state.count += 1
            return state.faults
        }
        switch faults(request) {
        case nil:
            return try await service.respond(to: request, body: body)
        case .status(let status):
            _ = try await body.collect(upTo: 1 << 24)
            return HTTPResponse(status: status, fields: ["x-ms-request-id": "fault-1"])
        case .lostAnswer:
            _ = try await service.respond(to: request, body: body)
            throw Cut()
        case .cutAfter(let count, let next):
            var response = try await service.respond(to: request, body: body)
            response.body = .stream(length: 1 << 20) { writer in
                try await writer.write(pattern(count))
                try await next()
                throw Cut()
            }
            return response
        }
    }
}
