// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Testing

/// What ends first.
struct RaceTests {
    @Test func theFirstToEndWinsAndTheOthersAreForgotten() {
        let script = Script { context, _ in
            let winner = try await context.first(
                of: { try await context.number("a") }, { try await context.number("b") },
                {
                    try await context.sleep(for: .seconds(9))
                    return 9
                })
            return try await context.number("after", winner)
        }
        #expect(script.start() == ["0 a(0)", "1 b(0)", "2 timer +9000"])
        #expect(script.complete(1, "5") == ["3 after(5)"])
        #expect(script.complete(0, "4") == [])
        #expect(script.complete(3, "8") == ["4 completed 8"])
    }

    @Test func aFailureIsAnEnd() {
        let script = Script { context, _ in
            try await context.first(of: { try await context.number("a") }, { try await context.number("b") })
        }
        _ = script.start()
        #expect(script.fail(0) == ["2 failed Bad: no"])
    }

    @Test func whatIsReadyAtOnceLeavesNoTimerBehind() {
        let script = Script { context, _ in
            let value = try await context.timeout(after: .seconds(5)) { 3 }
            return try await context.number("after", value)
        }
        #expect(script.start() == ["0 after(3)"])
    }

    @Test func aTimeoutSaysSo() {
        let script = Script { context, _ in
            try await context.timeout(after: .seconds(5)) { try await context.number("slow") }
        }
        #expect(script.start() == ["0 slow(0)", "1 timer +5000"])
        #expect(script.fire(1) == ["2 failed Timeout: it took longer than 5.0 seconds"])
    }

    @Test func whatIsInTimeIsTheResult() {
        let script = Script { context, _ in
            try await context.timeout(after: .seconds(5)) { try await context.number("slow") }
        }
        _ = script.start()
        #expect(
            script.step([.taskCompleted(taskID: 0, result: "6"), .timerFired(timerID: 1, fireAt: Script.epoch)])
                == ["2 completed 6"])
    }

    @Test func racesNest() {
        let script = Script { context, _ in
            try await context.timeout(after: .seconds(60)) {
                do {
                    return try await context.timeout(after: .seconds(1)) {
                        try await context.first(
                            of: { try await context.number("a") }, { try await context.number("b") })
                    }
                } catch {
                    return try await context.number("instead")
                }
            }
        }
        #expect(script.start() == ["0 timer +60000", "1 timer +1000", "2 a(0)", "3 b(0)"])
        #expect(script.fire(1) == ["4 instead(0)"])
        #expect(script.complete(3, "3") == [])
        #expect(script.complete(4, "4") == ["5 completed 4"])
    }
}
