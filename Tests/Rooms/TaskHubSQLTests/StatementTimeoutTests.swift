// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import SQL
import Testing

@testable import TaskHubSQL

/// What takes the database too long is not asked for again and again.
@Suite(.timeLimit(.minutes(5)))
struct StatementTimeoutTests {
    @Test func aSlowLookFailsAtOnceAndASlowCommitIsTriedTwice() async throws {
        let room = PostgresRoom()
        let database = SlowDatabase(try await room.open())
        let store = SQLHubStore(database, PostgresHubDialect())
        let member = try await store.join(for: .seconds(600))
        database.isSlow.withLock { $0 = true }
        let looks: [@Sendable () async throws -> Void] = [
            { _ = try await store.countByStatus(InstanceQuery()) }, { _ = try await store.list(InstanceQuery()) },
            { _ = try await store.waitingTaskNames() },
        ]
        for look in looks { #expect(try await attempts(at: look, database) == 1) }
        let commit = { @Sendable in
            _ = try await store.commit(HubLocks(["a"]), as: member) { _ in HubChanges() }
        }
        #expect(try await attempts(at: commit, database) == 2)
    }

    private func attempts(
        at call: @Sendable () async throws -> Void, _ database: SlowDatabase
    ) async throws -> Int {
        database.calls.withLock { $0 = 0 }
        let error = await #expect(throws: SQLError.self) { try await call() }
        #expect(error?.kind == .timeout)
        return database.calls.withLock(\.self)
    }
}

/// A database on which every transaction takes longer than it may, when it is told to.
private final class SlowDatabase: SQLDatabase {
    let isSlow = Lock(false)
    let calls = Lock(0)
    private let base: any SQLDatabase

    init(_ base: any SQLDatabase) { self.base = base }

    private func wait() throws {
        calls.withLock { $0 += 1 }
        if isSlow.withLock(\.self) {
            throw SQLError(kind: .timeout, code: 0, message: "canceling statement due to statement timeout")
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try wait()
        return try await base.write(body)
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try wait()
        return try await base.read(body)
    }
}
