// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

/// What a hub measures when somebody listens.
///
/// Without a registry a hub has none of these, and measuring costs the question whether it has.
final class HubMetrics: Sendable {
    private static let name = "durabletask.task.name"
    private static let kind = "durabletask.type"

    private let starts, ends, episodes, activities, waits, retries: MetricRecorder
    private let commits, requests, lostLeases, setAside: MetricRecorder

    init(_ registry: MetricRegistry) {
        func counter(_ name: String, _ unit: String, _ labels: [String], _ summary: String) -> MetricRecorder {
            registry.recorder(MetricDescription(.counter, name, unit: unit, labels: labels, summary))
        }
        func seconds(_ name: String, _ labels: [String], _ summary: String) -> MetricRecorder {
            let kind = MetricDescription.Kind.histogram(bounds: MetricDescription.seconds)
            return registry.recorder(MetricDescription(kind, name, unit: "s", labels: labels, summary))
        }
        starts = counter(
            "durabletask.orchestration.starts", "{orchestration}", [Self.name], "Instances that were started.")
        ends = counter(
            "durabletask.orchestration.ends", "{orchestration}", [Self.name, "durabletask.task.status"],
            "Instances that have ended.")
        episodes = seconds(
            "durabletask.episode.duration", [Self.name], "From handing out an instance to storing what it asks for.")
        activities = seconds(
            "durabletask.activity.duration", [Self.name, "outcome"],
            "From handing out an activity to storing its result.")
        waits = seconds("durabletask.activity.wait", [Self.name], "From asking for an activity to handing it out.")
        retries = counter(
            "durabletask.activity.retries", "{attempt}", [Self.name], "Attempts of activities after the first.")
        commits = seconds("durabletask.commit.duration", [], "How long the store takes for a commit.")
        requests = registry.recorder(
            MetricDescription(
                .histogram(bounds: MetricDescription.counts), "durabletask.commit.requests", unit: "{request}",
                "Requests that share a commit."))
        lostLeases = counter(
            "durabletask.lease.losses", "{lease}", [Self.kind], "Work that was given to somebody else.")
        setAside = counter(
            "durabletask.set_aside", "{item}", [Self.kind], "Work that was set aside after too many attempts.")
    }

    /// A commit was stored.
    ///
    /// - Parameter begin: When the store got it.
    func committed(_ draft: HubDraft, _ count: Int, since begin: ContinuousClock.Instant?) {
        requests.record(Double(count))
        if let begin { commits.record(begin.secondsToNow) }
        for instance in draft.changes.newInstances + draft.changes.newRuns where !instance.head.executionID.isEmpty {
            starts.record(1, instance.head.name)
        }
        for move in draft.changes.moves {
            guard let end = move.completion, let head = draft[move.id] else { continue }
            ends.record(1, head.name, end.status.name)
        }
        for task in draft.changes.tasks where task.call.attempt > 1 { retries.record(1, task.call.name) }
    }

    /// An episode was stored.
    func ended(_ item: OrchestrationWorkItem) {
        if let begin = item.takenAt { episodes.record(begin.secondsToNow, item.name) }
    }

    /// An activity is handed out.
    func taken(_ item: ActivityWorkItem, at time: Date) -> ActivityWorkItem {
        var item = item
        item.takenAt = .now
        if item.queuedAt > .distantPast {
            waits.record(max(0, time.timeIntervalSince(item.queuedAt)), item.call.name)
        }
        return item
    }

    /// The result of an activity was stored.
    func ended(_ item: ActivityWorkItem, _ result: HistoryEvent.Kind) {
        guard let begin = item.takenAt else { return }
        let outcome = if case .taskCompleted = result { "completed" } else { "failed" }
        activities.record(begin.secondsToNow, item.call.name, outcome)
    }

    /// Work was given to somebody else, or will be.
    func lostLease(of kind: WorkKind) { lostLeases.record(1, kind.rawValue) }

    /// Work was set aside.
    func setAside(_ kind: WorkKind) { setAside.record(1, kind.rawValue) }

    /// What is measured apart.
    enum WorkKind: String {
        case orchestration
        case activity
    }
}

extension HubMetrics {
    private static let depth = MetricDescription(
        .gauge, "durabletask.queue.depth", unit: "{item}", labels: [kind], "What waits in memory to be handed out.")
    private static let inFlight = MetricDescription(
        .gauge, "durabletask.work.in_flight", unit: "{item}", labels: [kind], "What is handed out and not answered.")

    /// Lets a hub's queues be read whenever somebody asks.
    static func observe(_ hub: EmbeddedTaskHub, in registry: MetricRegistry) {
        registry.gauge(depth) { [weak hub] in
            hub?.state.withLock { state in
                [
                    MetricPoint(Double(state.instances.waitingCount), "orchestration"),
                    MetricPoint(Double(state.activities.queuedCount), "activity"),
                ]
            } ?? []
        }
        registry.gauge(inFlight) { [weak hub] in
            hub?.state.withLock { state in
                [
                    MetricPoint(Double(state.instances.inFlightCount), "orchestration"),
                    MetricPoint(Double(state.activities.runningCount), "activity"),
                ]
            } ?? []
        }
    }
}

extension ContinuousClock.Instant {
    fileprivate var secondsToNow: Double { duration(to: .now) / .seconds(1) }
}
