// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask

/// The orchestrations and activities that are measured.
final class BenchmarkTasks: Sendable {
    /// When first steps began, and how many activities came to the gate.
    struct Sightings {
        var firstSteps: [String: ContinuousClock.Instant] = [:]
        var arrivals = 0
    }

    static let gated = "increment behind the gate"
    /// An activity that waits for something, as most do, and that a process must not run more of at once.
    static let waiting = "increment after a wait"
    static let wait = Duration.milliseconds(20)
    static let waitsAtOnce = 4
    /// Instances whose first steps are noted have ids that begin so.
    static let watched = "watched-"

    let isGateOpen: Bool
    let sightings = Lock(Sightings())

    init(isGateOpen: Bool) { self.isGateOpen = isGateOpen }

    /// The orchestrations of three steps, with the activity of each.
    private static let steps = [
        "three": ["increment", "increment", "increment"],
        "three, gated": ["increment", gated, "increment"],
        "three, waiting": [waiting, waiting, waiting],
    ]

    /// What is held up at the gate must not keep others from running.
    var configuration: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.activityLimits[Self.waiting] = Self.waitsAtOnce
        if !isGateOpen { configuration.activityLimits[Self.gated] = 1_000 }
        return configuration
    }

    func registry() -> TaskRegistry {
        var registry = TaskRegistry()
        for (orchestration, activities) in Self.steps {
            registry.addOrchestration(orchestration) { (context: OrchestrationContext, input: Int) in
                var value = input
                for name in activities { value = try await context.call(activity: name, value, as: Int.self) }
                return value
            }
        }
        registry.addOrchestration("wide") { (context: OrchestrationContext, width: Int) in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<width {
                    group.addTask { try await context.call(activity: "increment", number, as: Int.self) }
                }
                return try await group.reduce(0, +)
            }
        }
        registry.addOrchestration("nothing") { (_, input: Int) in input }
        registry.addOrchestration("wait") { (context: OrchestrationContext, days: Int) in
            try await context.sleep(for: .seconds(86_400 * days))
            return days
        }
        addActivities(to: &registry)
        return registry
    }

    private func addActivities(to registry: inout TaskRegistry) {
        registry.addActivity("increment") { (context, value: Int) in
            if context.instanceID.hasPrefix(Self.watched) {
                let now = ContinuousClock.now
                self.sightings.withLock { $0.firstSteps[context.instanceID] = $0.firstSteps[context.instanceID] ?? now }
            }
            return value + 1
        }
        registry.addActivity(Self.waiting) { (_, value: Int) in
            try await Task.sleep(for: Self.wait)
            return value + 1
        }
        registry.addActivity(Self.gated) { (_, value: Int) in
            self.sightings.withLock { $0.arrivals += 1 }
            if !self.isGateOpen { try await Task.sleep(for: .seconds(86_400)) }
            return value + 1
        }
    }
}
