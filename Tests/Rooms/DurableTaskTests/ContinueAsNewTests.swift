// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Testing

/// Runs that end to begin anew.
struct ContinueAsNewTests {
    @Test func whatNobodyHeardIsCarriedInItsOrder() throws {
        let script = Script { context, input in
            _ = try await context.event("go", as: Int.self)
            try await context.send(event: "bye", to: "other")
            throw context.continueAsNew(input + 1, version: "2")
        }
        _ = script.start(with: 4)
        _ = script.raise("b", "1")
        _ = script.raise("a", "2")
        let news: [HistoryEvent.Kind] = [
            .eventRaised(name: "B", input: "3"), .eventRaised(name: "go", input: "0"),
            .eventRaised(name: "go", input: "4"),
        ]
        #expect(script.step(news) == ["0 bye() to other", "1 continuedAsNew 5"])
        let end = try #require(script.lastTurn.completion)
        #expect(end.newVersion == "2")
        #expect(
            end.carryover.map(\.kind) == [
                .eventRaised(name: "b", input: "1"), .eventRaised(name: "a", input: "2"),
                .eventRaised(name: "B", input: "3"), .eventRaised(name: "go", input: "4"),
            ])
        #expect(end.carryover.allSatisfy { $0.id == -1 })
    }

    @Test func anErrorThatReplacesItFailsTheInstance() {
        let script = Script { context, input in
            do {
                throw context.continueAsNew(input)
            } catch {
                throw TaskFailure(type: "Cleanup", message: "went wrong")
            }
        }
        #expect(script.start() == ["0 failed Cleanup: went wrong"])
    }

    @Test func anInputThatTheNextRunCouldNotReadFailsThisOne() {
        let script = Script { context, _ in throw context.continueAsNew("text") }
        #expect(
            script.start()[0].hasPrefix(
                "0 failed InvalidPayload: the input that \"script\" continues with is not a Int"))
    }

    @Test func itReachesTheEngineThroughGroupsAndRaces() {
        let script = Script { context, _ in
            try await context.timeout(after: .seconds(5)) {
                async let next: Int = { throw context.continueAsNew(8) }()
                return try await next
            }
        }
        #expect(script.start() == ["1 continuedAsNew 8"])
    }

    @Test func itIsAdvisedWhenTheHistoryGrowsLong() {
        let script = Script { context, _ in
            var count = 0
            while !context.continueAsNewSuggested {
                try await context.event("tick")
                count += 1
            }
            throw context.continueAsNew(count)
        }
        _ = script.start()
        #expect(script.step(Array(repeating: .eventRaised(name: "tick", input: nil), count: 999)) == [])
        #expect(script.raise("tick") == ["0 continuedAsNew 1000"])
    }
}
