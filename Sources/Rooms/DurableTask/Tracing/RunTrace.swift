// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

/// What traces say of one run of an instance.
///
/// A worker makes spans when they have ended and the hub has stored that, never for what is replayed. So nothing is
/// said twice, and a process that dies between the two leaves a gap.
final class RunTrace: Sendable {
    /// The span that the run is part of.
    private let parent: TraceContext?
    /// The span that what the run asks for is part of.
    private let context: TraceContext
    /// The run's own span, in the making; nil when nobody records it.
    private let span: Lock<RunSpan?>

    /// The trace of a run; nil when it is part of none and nobody records any.
    ///
    /// - Parameter events: The run's history, or the news that begin it.
    init?(of key: ExecutionKey, _ events: [HistoryEvent], isRecorded: Bool) {
        guard let start = events.start else { return nil }
        parent = start.traceContext
        guard isRecorded, parent?.isSampled ?? true else {
            guard let parent else { return nil }
            context = parent
            span = Lock(nil)
            return
        }
        context = key.span(under: parent)
        span = Lock(RunSpan(key, start, events))
    }

    /// Hands the trace on to what a turn asks for.
    func handOn(_ turn: OrchestratorTurn) -> OrchestratorTurn { turn.traced(under: context, from: parent) }

    /// An episode was stored.
    ///
    /// - Returns: what has ended with it.
    func stored(
        _ news: [HistoryEvent], _ turn: OrchestratorTurn, _ end: Completion?, at time: Date
    ) -> [TraceSpan] {
        span.withLock { span in
            guard var run = span else { return [] }
            var spans = run.fired(news, at: time, under: context)
            run.note(turn, at: time)
            if let end { spans.append(run.ended(end, at: time, context, parent)) }
            span = run
            return spans
        }
    }
}

/// A run and the timers that it waits for, from the side of whoever records their spans.
private struct RunSpan: Sendable {
    private let key: ExecutionKey
    private let name: String
    private let version: String?
    private var begin: Date
    /// When each was set, by the ids of the actions that set them.
    private var timers: [Int: Date] = [:]

    init(_ key: ExecutionKey, _ start: ExecutionStarted, _ events: [HistoryEvent]) {
        self.key = key
        name = start.name
        version = start.version
        begin = events.first?.timestamp ?? .distantPast
        for event in events {
            switch event.kind {
            case .executionStarted, .executionRewound: begin = event.timestamp
            case .timerCreated: timers[event.id] = event.timestamp
            case .timerFired(let id, _): timers[id] = nil
            default: break
            }
        }
    }

    mutating func note(_ turn: OrchestratorTurn, at time: Date) {
        for action in turn.actions {
            if case .createTimer = action.kind { timers[action.id] = time }
        }
    }

    mutating func fired(_ news: [HistoryEvent], at time: Date, under run: TraceContext) -> [TraceSpan] {
        news.compactMap { event in
            guard case .timerFired(let id, let fireAt) = event.kind, let set = timers.removeValue(forKey: id) else {
                return nil
            }
            var span = TraceSpan(
                "orchestration:\(name):timer", .internal, context: key.span(of: "timer \(id)", under: run), from: set,
                to: time)
            span.parent = run.spanID
            span.describe("timer", name, key)
            span.attributes["durabletask.task.task_id"] = .number(id)
            span.attributes["durabletask.fire_at"] = .text(fireAt.formatted(.iso8601))
            return span
        }
    }

    func ended(_ end: Completion, at time: Date, _ context: TraceContext, _ parent: TraceContext?) -> TraceSpan {
        var span = TraceSpan(
            spanName("orchestration", name, version), .server, context: context, from: begin, to: time)
        span.parent = parent?.spanID
        span.describe("orchestration", name, key)
        span.attributes["durabletask.task.version"] = version.map { .text($0) }
        span.attributes["durabletask.task.status"] = .text(end.status.name)
        if end.status == .failed { span.fail(end.failure) }
        return span
    }
}
