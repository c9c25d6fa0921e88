// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Testing

/// Events from outside: who hears which, and when.
struct ExternalEventTests {
    @Test func aWaitHearsTheNextEventOfItsNameWhateverTheCase() {
        let script = Script { context, _ in try await context.event("Ready", as: Int.self) }
        #expect(script.start() == [])
        #expect(script.raise("other", "1") == [])
        #expect(script.raise("READY", "7") == ["0 completed 7"])
    }

    @Test func earlyEventsAreKeptAndHeardInTheirOrder() {
        let script = Script { context, _ in
            _ = try await context.number("a")
            var sum = 0
            for _ in 0..<3 { sum = sum * 10 + (try await context.event("n", as: Int.self)) }
            return sum
        }
        _ = script.start()
        _ = script.raise("n", "1")
        _ = script.raise("N", "2")
        #expect(script.complete(0, "0") == [])
        #expect(script.raise("n", "3") == ["1 completed 123"])
    }

    @Test func waitsOfOneNameHearInTheOrderInWhichTheyBegan() {
        let script = Script { context, _ in
            async let one = context.event("n", as: Int.self)
            async let two = context.event("n", as: Int.self)
            return try await one * 10 + two
        }
        _ = script.start()
        #expect(script.raise("n", "1") == [])
        #expect(script.raise("n", "2") == ["0 completed 12"])
    }

    @Test func aWaitThatLostItsRaceSwallowsNothing() {
        let script = Script { context, _ in
            let early = try? await context.timeout(after: .seconds(5)) { try await context.event("n", as: Int.self) }
            return try await (early ?? -1) * 10 + context.event("n", as: Int.self)
        }
        #expect(script.start() == ["0 timer +5000"])
        #expect(script.fire(0) == [])
        #expect(script.raise("n", "4") == ["1 completed -6"])
    }

    @Test func aLoserDoesNotTakeAnEventThatWasThere() {
        let script = Script { context, _ in
            _ = try await context.number("a")
            let first = try await context.first(
                of: { try await context.event("x", as: Int.self) }, { try await context.event("y", as: Int.self) })
            async let x = context.event("x", as: Int.self)
            async let y = context.event("y", as: Int.self)
            return try await first * 100 + x * 10 + y
        }
        _ = script.start()
        _ = script.raise("y", "2")
        _ = script.raise("x", "1")
        #expect(script.complete(0, "0") == [])
        #expect(script.raise("x", "3") == ["1 completed 132"])
    }

    @Test func aValueOfAnotherShapeIsAFailureThatSaysSo() {
        let script = Script { context, _ in try await context.event("n", as: Int.self) }
        _ = script.start()
        #expect(script.raise("n", "\"x\"")[0].hasPrefix("0 failed InvalidPayload: the value of event \"n\" is not"))
    }

    @Test func eventsAreSentToOtherInstances() {
        let script = Script { context, _ in
            try await context.send(event: "done", 5, to: "other")
            try await context.send(event: "bell", to: "third")
            try await context.event("answer")
            return 1
        }
        #expect(script.start() == ["0 done(5) to other", "1 bell() to third"])
        #expect(script.raise("answer") == ["2 completed 1"])
    }
}
