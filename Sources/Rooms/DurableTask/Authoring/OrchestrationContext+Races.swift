// Darkroom
// SPDX-License-Identifier: Apache-2.0

// What ends first.
extension OrchestrationContext {
    /// Runs closures side by side until the first of them ends, and answers what it returned or threw.
    ///
    /// The others are cancelled: their waits end, events that they waited for stay for others, and timers and calls
    /// that were not handed over yet are withdrawn. Of closures that can end at once, the one that is named first wins.
    ///
    ///     let answer = try await context.first(
    ///         of: { try await context.event("approved"); return true },
    ///         { try await context.event("refused"); return false })
    ///
    /// - Throws: what the first closure to end threw.
    public func first<Value: Sendable>(of branches: @Sendable () async throws -> Value...) async throws -> Value {
        try await first(of: branches)
    }

    /// Runs any number of closures side by side until the first of them ends; there must be one at least.
    ///
    /// - Throws: as ``first(of:)``.
    public func first<Value: Sendable>(of branches: [@Sendable () async throws -> Value]) async throws -> Value {
        precondition(!branches.isEmpty, "nothing can end first of nothing")
        let race = Race()
        return try await withThrowingTaskGroup(of: Value.self) { group in
            for branch in branches { group.addTask { try await race.run(branch) } }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    /// Runs a closure, but not for longer than a durable timer does.
    ///
    /// - Throws: ``TaskFailure`` of type `Timeout` when it is late, which is retriable; the closure is cancelled then,
    ///   as the losers of ``first(of:)`` are. Else what the closure threw.
    public func timeout<Value: Sendable>(
        after duration: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await first(
            of: body,
            {
                try await sleep(for: duration)
                throw TaskFailure(type: TaskFailure.EngineType.timeout, message: "it took longer than \(duration)")
            })
    }
}
