// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

/// Why a running activity is asked to stop.
public enum ActivityCancellation: String, Sendable {
    /// Nobody waits for the result any more: its instance has ended.
    case unwanted
    /// The worker could not keep its lease, and somebody else runs it.
    case leaseLost
    /// It ran longer, or was silent for longer, than its caller allows.
    case timedOut
    /// The worker stops, and the time to finish is over; the activity will run again.
    case workerStops
}

/// A run of an activity: what it says about itself, and what is said to it.
final class ActivityRun: Sendable {
    /// What ends the wait for a run.
    enum News: Sendable {
        case finished(Result<String?, TaskFailure>)
        case cancelled(ActivityCancellation)
    }

    private struct State {
        var result: Result<String?, TaskFailure>?
        var cancellation: ActivityCancellation?
        var timeout: TaskFailure?
        var progress: RunningActivities.Progress?
    }

    let item: ActivityWorkItem
    /// When it began, on the hub's clock.
    let begin: Date
    /// Its span; nil when nobody records it.
    let span: TraceContext?
    private let state = Lock(State())
    private let bell = Bell()

    init(_ item: ActivityWorkItem, begunAt begin: Date, isTraced: Bool = false) {
        self.item = item
        self.begin = begin
        span = isTraced ? item.span : nil
    }

    /// The span that what it starts is part of.
    var traceContext: TraceContext? { span ?? item.call.traceContext }

    /// Why it is asked to stop; nil while it is not.
    var cancellation: ActivityCancellation? { state.withLock { $0.cancellation } }

    /// What the body returned; nil while it runs.
    var result: Result<String?, TaskFailure>? { state.withLock { $0.result } }

    /// What the caller hears of a run that took too long.
    var timeout: TaskFailure? { state.withLock { $0.timeout } }

    /// What the run said last about its progress, as JSON text.
    var lastProgress: String? { state.withLock { $0.progress }?() }

    /// The body says how far it is.
    func note(_ progress: RunningActivities.Progress?) {
        if let progress { state.withLock { $0.progress = progress } }
    }

    /// The body has returned.
    func finish(_ result: Result<String?, TaskFailure>) {
        state.withLock { $0.result = result }
        bell.ring()
    }

    /// Asks the body to stop; the first reason counts, and none once it has returned.
    func cancel(_ reason: ActivityCancellation, timeout: TaskFailure? = nil) {
        state.withLock { state in
            guard state.cancellation == nil, state.result == nil else { return }
            (state.cancellation, state.timeout) = (reason, timeout)
        }
        bell.ring()
    }

    /// Waits until the body has returned or is to stop, whatever comes first.
    ///
    /// A worker whose task is cancelled stops it.
    func news() async -> News {
        while true {
            let news = state.withLock { state -> News? in
                if let result = state.result { return .finished(result) }
                return state.cancellation.map { .cancelled($0) }
            }
            if let news { return news }
            await bell.wait()
            if Task.isCancelled { cancel(.workerStops) }
        }
    }
}

extension TaskFailure {
    private static let progressKey = "lastProgress"

    /// What the failed run said last about its progress, as JSON text; the next attempt goes on from there.
    var lastProgress: String? { details[Self.progressKey] }

    /// The failure of a run that had come so far.
    func with(lastProgress progress: String?) -> TaskFailure {
        guard let progress else { return self }
        var failure = self
        failure.details[Self.progressKey] = progress
        return failure
    }
}
