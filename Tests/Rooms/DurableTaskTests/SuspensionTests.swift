// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Testing

/// Instances that hold still.
struct SuspensionTests {
    @Test func nothingIsHeardUntilItIsResumedAndThenInItsOrder() {
        let script = Script { context, _ in
            let a = try await context.number("a")
            return try await a * 10 + context.event("n", as: Int.self)
        }
        _ = script.start()
        #expect(script.step([.executionSuspended(reason: "\"why\"")]) == [])
        #expect(script.complete(0, "4") == [])
        #expect(script.raise("n", "5") == [])
        #expect(script.step([.executionSuspended(reason: nil)]) == [])
        #expect(script.step([.executionResumed(reason: nil)]) == ["1 completed 45"])
    }

    @Test func whatWasAskedForInTheSameEpisodeIsHandedOverLater() {
        let script = Script { context, _ in
            _ = try await context.number("a")
            return try await context.number("b")
        }
        _ = script.start()
        #expect(script.step([.taskCompleted(taskID: 0, result: "1"), .executionSuspended(reason: nil)]) == [])
        #expect(script.raise("x") == [])
        #expect(script.step([.executionResumed(reason: nil)]) == ["1 b(0)"])
        #expect(script.complete(1, "2") == ["2 completed 2"])
    }

    @Test func aSuspendedInstanceCanBeTerminated() {
        let script = Script { context, _ in try await context.number("a") }
        _ = script.start()
        _ = script.step([.executionSuspended(reason: nil)])
        #expect(script.step([.executionTerminated(reason: "1", recurse: false)]) == ["-1 terminated 1"])
    }

    @Test func theClockGoesOn() {
        let script = Script { context, _ in
            _ = try await context.number("a")
            return Int(context.now.timeIntervalSince(Script.epoch))
        }
        _ = script.start()
        _ = script.step([.executionSuspended(reason: nil)])
        _ = script.complete(0, "1")
        #expect(script.step([.executionResumed(reason: nil)]) == ["1 completed 4"])
    }

    @Test func resumingWhatIsNotSuspendedChangesNothing() {
        let script = Script { context, _ in try await context.number("a") }
        _ = script.start()
        #expect(script.step([.executionResumed(reason: nil)]) == [])
        #expect(script.complete(0, "3") == ["1 completed 3"])
    }
}
