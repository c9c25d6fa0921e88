// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How an activity is called.
public struct ActivityOptions: Sendable {
    /// When to try again; without a policy the first failure is final.
    public var retry: RetryPolicy?
    /// The version that is wanted; nil for any.
    public var version: String?
    /// What travels beside the input; the names of the engine's own options are not for authors.
    public var tags: [String: String] = [:]
    /// Calls of a higher priority are handed out first.
    public var priority = 0
    /// Calls of different keys are handed out in turn, so that no pipeline starves another; empty for none.
    public var fairnessKey = ""
    /// How long one attempt may run; nil for as long as it takes.
    public var startToClose: Duration?
    /// How long an attempt may wait for a worker; nil for as long as it takes.
    public var scheduleToStart: Duration?
    /// How long a running attempt may go without a heartbeat; nil for ever.
    public var heartbeatTimeout: Duration?

    /// Options with a retry policy; everything else is set afterwards.
    public init(retry: RetryPolicy? = nil) { self.retry = retry }

    func call(_ name: String, _ input: String, _ attempt: CallAttempt) -> TaskCall {
        var call = TaskCall(name: name, input: input, attempt: attempt.number, firstTaskID: attempt.firstID)
        call.version = version
        if !tags.isEmpty { call.tags = tags.merging(call.tags ?? [:]) { $1 } }
        call.lastProgress = attempt.progress
        call.priority = priority
        call.fairnessKey = fairnessKey
        call.startToClose = startToClose
        call.scheduleToStart = scheduleToStart
        call.heartbeatTimeout = heartbeatTimeout
        return call
    }
}

/// How another orchestration is called as a child.
public struct ChildOptions: Sendable {
    /// The child's instance id; nil for `<instance>:<run>:<action id>`, which no other child ever has.
    ///
    /// Every further attempt of a retry policy appends its number, as `:2`, so that it never meets the attempt before.
    public var id: String?
    /// When to try again; without a policy the first failure is final.
    public var retry: RetryPolicy?
    /// The version that is wanted; nil for the worker's default.
    public var version: String?
    /// What the child is to be found again by.
    public var tags: [String: String] = [:]

    /// Options with an id and a retry policy; everything else is set afterwards.
    public init(id: String? = nil, retry: RetryPolicy? = nil) {
        self.id = id
        self.retry = retry
    }
}

/// Which try of a call it is.
struct CallAttempt {
    /// Counted from 1.
    var number: Int
    /// The action id of the first; nil when this is the first.
    var firstID: Int?
    /// What the attempt before said about its progress, as JSON text.
    var progress: String?
}
