// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import SQL
import Telemetry
import Testing

@testable import TaskHubSQL

/// What becomes of a commit when nobody heard how it ended, while the commits beside it go on.
@Suite(.timeLimit(.minutes(5)))
struct CommitInDoubtTests {
    @Test(arguments: [true, false])
    func isDoneOnceWhateverIsCommittedMeanwhile(isCommitted: Bool) async throws {
        let room = PostgresRoom()
        let database = DoubtfulDatabase(try await room.open())
        let hub = try await EmbeddedTaskHub(
            store: SQLHubStore(database, PostgresHubDialect()), clock: SystemHubClock(),
            configuration: HubConfiguration(), log: .silent)
        _ = try await hub.start(StartRequest(id: "before", name: "main"))
        database.doubtNext(isCommitted: isCommitted)
        async let doubtful = hub.start(StartRequest(id: "doubtful", name: "main"))
        for await _ in database.doubts { break }
        async let meanwhile = hub.start(StartRequest(id: "meanwhile", name: "main"))
        let outcomes = try await [doubtful, meanwhile]
        #expect(outcomes == [.created, .created])
        for id in ["before", "doubtful", "meanwhile"] {
            let status = try await hub.status(of: id)
            #expect(status?.status == .pending, "\(id)")
        }
    }

    @Test(arguments: [true, false])
    func aCallerThatIsCancelledCostsNobodyTheMembership(isCommitted: Bool) async throws {
        let room = PostgresRoom()
        let database = DoubtfulDatabase(try await room.open())
        let store = SQLHubStore(database, PostgresHubDialect())
        let hub = try await EmbeddedTaskHub(
            store: store, clock: SystemHubClock(), configuration: HubConfiguration(), log: .silent)
        let member = store.number
        database.doubtNext(isCommitted: isCommitted)
        // Unstructured: it is cancelled alone.
        let doubtful = Task { try await hub.start(StartRequest(id: "doubtful", name: "main")) }
        for await _ in database.doubts { break }
        doubtful.cancel()
        #expect(try await hub.start(StartRequest(id: "meanwhile", name: "main")) == .created)
        #expect(try await doubtful.value == .created)
        #expect(store.number == member)
    }
}

/// A database whose connection breaks in the middle of a commit when it is told to.
private final class DoubtfulDatabase: SQLDatabase {
    private struct Undone: Error {}

    /// Yields when a commit has come into doubt; its caller hears of it after the next commit.
    let doubts: AsyncStream<Void>

    private let base: any SQLDatabase
    private let doubting: AsyncStream<Void>.Continuation
    private let whenWritten = Lock<AsyncStream<Void>.Continuation?>(nil)
    private let isNextCommitted = Lock<Bool?>(nil)

    init(_ base: any SQLDatabase) {
        self.base = base
        (doubts, doubting) = AsyncStream<Void>.makeStream()
    }

    /// Leaves the next write in doubt.
    func doubtNext(isCommitted: Bool) { isNextCommitted.withLock { $0 = isCommitted } }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        let isCommitted = isNextCommitted.withLock { next in
            defer { next = nil }
            return next
        }
        if let isCommitted { try await breakDown(body, isCommitted) }
        defer { whenWritten.withLock { _ = $0?.yield() } }
        return try await base.write(body)
    }

    private func breakDown<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value, _ isCommitted: Bool
    ) async throws {
        do {
            _ = try await base.write { connection in
                _ = try body(connection)
                if !isCommitted { throw Undone() }
            }
        } catch is Undone {}
        let (writes, writing) = AsyncStream<Void>.makeStream()
        whenWritten.withLock { $0 = writing }
        doubting.yield()
        for await _ in writes { break }
        throw SQLError(kind: .unknownOutcome, code: 0, message: "the connection broke", statement: "COMMIT")
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await base.read(body)
    }
}
