// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import SQL

/// What this process is in the store.
struct Membership: Sendable {
    /// Its number; 0 when it is no member.
    var number: Int64 = 0
    /// The number that it has or had last.
    var former: Int64 = 0
    /// How long the membership holds without being renewed.
    var duration = Duration.zero
}

// Transactions that members may do, again if need be.
extension SQLHubStore {
    /// A look at rows that are known by their keys.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await search { [dialect] connection in
            if let planning = dialect.planning { try connection.queryLater(SQLCall(planning)) { _ in } }
            return try body(connection)
        }
    }

    /// A look at any number of rows: the database knows best how to find them.
    func search<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await persistently { [database] _ in try await database.read(body) }
    }

    /// A look at the store by one statement.
    func query(_ sql: String, _ parameters: [SQLValue] = []) async throws -> [SQLRow] {
        let calls = (dialect.planning.map { [SQLCall($0)] } ?? []) + [SQLCall(sql, parameters)]
        return try await persistently { [database] _ in try await database.queryAll(calls).last ?? [] }
    }

    /// A transaction that may be done twice without harm, refused when this process is no member any more.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await write(as: number) { connection, _ in try body(connection) }
    }

    /// A transaction that is told whether it may have been done before, refused when the member is none any more.
    func write<Value: Sendable>(
        as member: Int64, _ body: @escaping @Sendable (any SQLConnection, _ isRepeated: Bool) throws -> Value
    ) async throws -> Value {
        try await persistently(as: member) { [database, dialect] isRepeated in
            try await database.write { connection in
                if let planning = dialect.planning { try connection.queryLater(SQLCall(planning)) { _ in } }
                let admission = SQLCall(
                    isRepeated ? dialect.settledAdmission : dialect.admission, [.integer(member)])
                // The answer comes with the first of what the body asks, and is heard before the commit.
                var isAdmitted: Bool?
                try connection.queryLater(admission) { isAdmitted = !$0.isEmpty }
                let value = try body(connection, isRepeated)
                if isAdmitted == nil { try Self.admit(admission.parameters, admission.sql, connection) }
                if isAdmitted == false { throw MembershipEnded() }
                return value
            }
        }
    }

    /// Makes sure that a member is one, until the transaction ends.
    static func admit(_ member: [SQLValue], _ admission: String, _ connection: any SQLConnection) throws {
        if try connection.query(admission, member).isEmpty { throw MembershipEnded() }
    }

    private func refusal(of number: Int64) -> TaskHubError {
        guard isShared else {
            return TaskHubError(
                .ownerChanged, "another process has taken the task hub over; this one must stop working on it")
        }
        // Unless it has begun again already: then only what was under way is refused.
        membership.withLock { if $0.number == number { $0.number = 0 } }
        return TaskHubError(
            .membershipLost,
            "this process lost touch with the task hub's database and begins again; others do what it had in hand")
    }
}

extension TaskHubError {
    /// The database does not take what it was given; nothing was written.
    init(refused error: SQLError) {
        self.init(.invalid, "the task hub's database refuses it: \(error.message)")
    }
}

/// A transaction of a process that is no member any more.
struct MembershipEnded: Error {}

// Trying again.
extension SQLHubStore {
    /// How often a transaction is tried that others are in the way of.
    static let mostAttempts = 12

    /// Does something again that failed for a passing reason.
    ///
    /// A transaction whose outcome is in doubt is repeated until the doubt is gone: it is told of it, and it waits for
    /// the one before it. Should that take so long that the membership ends, this process is none any more. What the
    /// server ended because it took too long is done once more if it writes, since it may have waited for others.
    ///
    /// A caller that is cancelled does not end it: what others want may be part of it.
    ///
    /// - Parameter member: Who does it; nil when that need not be a member.
    /// - Throws: `ownerChanged`, `membershipLost`; `invalid` for a value that the database does not take; the last
    ///   failure.
    func persistently<Value: Sendable>(
        as member: Int64? = nil, _ attempt: (_ isRepeated: Bool) async throws -> Value
    ) async throws -> Value {
        let number = member ?? number
        let start = ContinuousClock.now
        var isInDoubt = false
        var failures = 0
        while true {
            do {
                if let member, member != self.number { throw MembershipEnded() }
                return try await attempt(isInDoubt)
            } catch is MembershipEnded {
                throw refusal(of: number)
            } catch let error as SQLError {
                failures += 1
                isInDoubt = isInDoubt || error.kind == .unknownOutcome
                if isInDoubt {
                    let patience = membership.withLock { $0.duration }
                    guard isShared, ContinuousClock.now - start < patience else { throw refusal(of: number) }
                } else if failures >= Self.attempts(after: error, isWrite: member != nil) {
                    throw error.kind == .value ? TaskHubError(refused: error) : error
                }
                await Self.pause(after: failures)
            }
        }
    }

    /// How often something is tried at the most that failed so.
    private static func attempts(after error: SQLError, isWrite: Bool) -> Int {
        switch error.kind {
        case .busy: mostAttempts
        case .unavailable: 2
        case .timeout: isWrite ? 2 : 1
        default: 1
        }
    }

    /// From a few milliseconds to half a second, with chance in it, so that two who were in each other's way part.
    private static func pause(after failures: Int) async {
        let most = min(500, 4 << min(failures, 7))
        // Unstructured: the caller may have been cancelled, and would not pause at all.
        await Task { try? await Task.sleep(for: .milliseconds(Int.random(in: most / 2...most))) }.value
    }
}
