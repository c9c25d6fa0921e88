// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// When a failed activity is tried again, and how long the orchestrator waits before.
///
/// The waits are durable timers: they survive a restart. The delay before attempt n + 1 is
/// `firstDelay × factor^(n − 1)`, at most `maximumDelay`.
public struct RetryPolicy: Sendable {
    /// The wait after the first failure.
    public var firstDelay: Duration
    /// What each further wait is multiplied by; at least 1.
    public var factor: Double
    /// The longest wait.
    public var maximumDelay: Duration
    /// How often the activity runs at most, the first attempt included.
    public var maximumAttempts: Int
    /// No further attempt starts when this much orchestration time has passed since the first began.
    public var totalTime: Duration?
    /// Whether a failure is worth another attempt.
    ///
    /// It is asked only for retriable failures and must answer the same for the same failure.
    public var retries: @Sendable (TaskFailure) -> Bool

    /// A policy with its parts; by default every retriable failure is tried 5 times within half a minute.
    public init(
        maximumAttempts: Int = 5, firstDelay: Duration = .seconds(1), factor: Double = 2,
        maximumDelay: Duration = .seconds(60), totalTime: Duration? = nil
    ) {
        precondition(maximumAttempts >= 1, "a retry policy allows at least one attempt")
        precondition(factor >= 1, "the waits of a retry policy must not shrink")
        self.maximumAttempts = maximumAttempts
        self.firstDelay = firstDelay
        self.factor = factor
        self.maximumDelay = maximumDelay
        self.totalTime = totalTime
        retries = { _ in true }
    }

    /// Five attempts, waiting 1, 2, 4 and 8 seconds.
    public static let standard = RetryPolicy()

    /// The same policy that gives up at once on failures of these types.
    public func except(types: Set<String>) -> RetryPolicy {
        var policy = self
        policy.retries = { [retries] failure in !types.contains(failure.type) && retries(failure) }
        return policy
    }

    /// How long to wait after `attempt` (counted from 1) failed, or nil to give up.
    func delay(after attempt: Int, failure: TaskFailure, elapsed: Duration) -> Duration? {
        guard attempt < maximumAttempts, failure.isRetriable, retries(failure) else { return nil }
        if let totalTime, elapsed >= totalTime { return nil }
        var delay = firstDelay
        for _ in 1..<attempt where delay < maximumDelay { delay = delay * factor }
        return min(delay, maximumDelay)
    }
}
