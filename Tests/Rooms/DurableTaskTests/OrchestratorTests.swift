// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// The replay executor alone: histories go in, actions come out.
struct OrchestratorTests {
    @Test func sequenceOfCallsTakesIdsFromZero() {
        var script = Script { context, input in
            let first: Int = try await context.call(activity: "double", input, as: Int.self)
            return try await context.call(activity: "double", first, as: Int.self)
        }
        #expect(script.start(with: 3) == ["0 double(3)"])
        #expect(script.complete(0, "6") == ["1 double(6)"])
        #expect(script.complete(1, "12") == ["2 completed 12"])
    }

    @Test func fanOutSchedulesInOrderAndAnswersInAnyOrder() {
        var script = Script { context, _ in
            async let one = context.call(activity: "a", 1, as: Int.self)
            async let two = context.call(activity: "b", 2, as: Int.self)
            return try await one * 10 + two
        }
        #expect(script.start(with: 0) == ["0 a(1)", "1 b(2)"])
        #expect(script.complete(1, "5") == [])
        #expect(script.complete(0, "4") == ["2 completed 45"])
    }

    @Test func sleepUsesTheOrchestrationClock() {
        var script = Script { context, _ in
            try await context.sleep(for: .seconds(10))
            return 1
        }
        #expect(script.start(with: 0) == ["0 timer +10000"])
        #expect(script.fire(0) == ["1 completed 1"])
    }

    @Test func escapedSleepFailsTheInstance() async throws {
        var script = Script { _, _ in
            try await Task.sleep(for: .milliseconds(1))
            return 1
        }
        let actions = script.start(with: 0)
        #expect(actions.count == 1)
        #expect(actions[0].hasPrefix("-1 failed EscapedWork"))
    }
}
