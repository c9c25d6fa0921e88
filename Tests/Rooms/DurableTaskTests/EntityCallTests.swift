// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Orchestrators that use entities.
struct EntityCallTests {
    private static let a = EntityID("Account", "a")
    private static let b = EntityID("account", "B")

    @Test func aCallNamesItsCallerAndIsAnsweredByItsRequest() throws {
        let script = Script { context, _ in
            async let one = context.call(Self.a, "add", 5, as: Int.self)
            async let two = context.call(Self.b, "add", 6, as: Int.self)
            return try await one * 100 + two
        }
        #expect(script.start() == ["0 call add(5) of @account@a", "1 call add(6) of @account@B"])
        guard case .callEntity(let operation) = script.lastTurn.actions[0].kind else { return }
        #expect(UUID(uuidString: operation.requestID) != nil)
        #expect(operation.parentInstanceID == "i" && operation.parentExecutionID == "e")
        #expect(script.answer(1, "2") == [])
        #expect(script.answer(0, "1") == ["2 completed 102"])
    }

    @Test func aFailedOperationIsThrown() throws {
        let script = Script { context, _ in try await context.call(Self.a, "add", 5, as: Int.self) }
        _ = script.start()
        guard case .callEntity(let operation) = script.lastTurn.actions[0].kind else { return }
        let failure = TaskFailure(type: "Bad", message: "no")
        let news = HistoryEvent.Kind.entityOperationFailed(requestID: operation.requestID, failure: failure)
        #expect(script.step([news]) == ["1 failed Bad: no"])
    }

    @Test func signalsAreNotAnsweredAndMayBeLate() {
        let script = Script { context, _ in
            try await context.signal(Self.a, "add", 5)
            try await context.signal(Self.a, "reset", at: context.now.addingTimeInterval(60))
            return 1
        }
        #expect(
            script.start() == ["0 signal add(5) of @account@a", "1 signal reset({}) of @account@a", "2 completed 1"])
        guard case .signalEntity(let late) = script.lastTurn.actions[1].kind else { return }
        #expect(late.scheduledTime == Script.epoch.addingTimeInterval(61))
    }

    struct Counter: Entity {
        static let name = "Counter"
        var total = 0

        static let add = Operation<Int, Int>("add") { counter, amount, _ in
            counter.total += amount
            return counter.total
        }
        static let operations = Operations(add)
    }

    @Test func operationsAreCalledByTheirTypes() {
        let script = Script { context, _ in
            try await context.signal(Counter.add, 5, on: "K")
            return try await context.call(Counter.add, 6, on: "K")
        }
        #expect(script.start() == ["0 signal add(5) of @counter@K", "1 call add(6) of @counter@K"])
        #expect(script.answer(1, "11") == ["2 completed 11"])
    }

    @Test func locksAreSortedAndGivenBackAtTheEndOfTheClosure() {
        let script = Script { context, _ in
            let sum = try await context.lock(Self.a, Self.b, Self.a) {
                async let one = context.call(Self.a, "get", as: Int.self)
                async let two = context.call(Self.b, "get", as: Int.self)
                return try await one + two
            }
            return try await context.number("after", sum)
        }
        #expect(script.start() == ["0 lock @account@B @account@a"])
        #expect(script.answer(0) == ["1 call get({}) of @account@a", "2 call get({}) of @account@B"])
        #expect(script.answer(1, "1") == [])
        #expect(script.answer(2, "2") == ["3 unlock @account@B", "4 unlock @account@a", "5 after(3)"])
    }

    @Test func locksAreGivenBackByErrorsAndEndsOfEveryKind() {
        let script = Script { context, input in
            try await context.lock(Self.a) {
                _ = try await context.number("work")
                if input == 1 { throw context.continueAsNew(2) }
                throw TaskFailure(type: "Bad", message: "no")
            }
        }
        _ = script.start()
        _ = script.answer(0)
        #expect(script.complete(1, "1") == ["2 unlock @account@a", "3 failed Bad: no"])
        let next = Script(script.registry)
        _ = next.start(with: 1)
        _ = next.answer(0)
        #expect(next.complete(1, "1") == ["2 unlock @account@a", "3 continuedAsNew 2"])
        let terminated = Script(script.registry)
        _ = terminated.start()
        _ = terminated.answer(0)
        #expect(
            terminated.step([.executionTerminated(reason: nil, recurse: false)])
                == ["2 unlock @account@a", "-1 terminated "])
    }

    @Test func aLockThatComesTooLateIsGivenBackAtOnce() {
        let script = Script { context, _ in
            do {
                return try await context.timeout(after: .seconds(1)) { try await context.lock(Self.a) { 1 } }
            } catch {
                return try await context.number("instead")
            }
        }
        #expect(script.start() == ["0 lock @account@a", "1 timer +1000"])
        #expect(script.fire(1) == ["2 instead(0)"])
        #expect(script.answer(0) == ["3 unlock @account@a"])
        #expect(script.complete(2, "7") == ["4 completed 7"])
    }

    @Test func aLockThatNobodyIsAskedForIsForgotten() {
        let script = Script { context, _ in
            _ = try? await context.first(of: { 1 }, { try await context.lock(Self.a) { 2 } })
            return try await context.lock(Self.b) { 3 }
        }
        #expect(script.start() == ["0 lock @account@B"])
        #expect(script.answer(0) == ["1 unlock @account@B", "2 completed 3"])
    }

    struct Breach: CustomTestStringConvertible {
        var testDescription: String
        var body: Script.Body
        var message: String
    }

    static let breaches = [
        Breach(
            testDescription: "a lock in a lock", body: { context, _ in try await context.lock(b) { 1 } },
            message: "locks on [\"@account@B\"] are asked for while those on [\"@account@a\"] are held"),
        Breach(
            testDescription: "a call of another entity",
            body: { context, _ in try await context.call(b, "get", as: Int.self) },
            message: "\"@account@B\" is called while locks on [\"@account@a\"] are held"),
        Breach(
            testDescription: "two calls at once",
            body: { context, _ in
                async let one = context.call(a, "get", as: Int.self)
                async let two = context.call(a, "get", as: Int.self)
                return try await two + one
            },
            message: "\"@account@a\" is called while it is locked and owes an answer"),
        Breach(
            testDescription: "a signal",
            body: { context, _ in
                try await context.signal(a, "reset")
                return 1
            },
            message: "\"@account@a\" is signalled while it is locked"),
        Breach(
            testDescription: "another orchestration",
            body: { context, _ in try await context.call(orchestration: "x", 1, as: Int.self) },
            message: "an orchestration is called while locks are held"),
    ]

    @Test(arguments: breaches)
    func theRulesOfLocksAreKept(_ breach: Breach) {
        let script = Script { context, input in
            try await context.lock(Self.a) { try await breach.body(context, input) }
        }
        _ = script.start()
        let end = script.answer(0).last ?? ""
        #expect(end.contains("failed CriticalSection: \(breach.message)"), "\(end)")
    }

    @Test func anotherEntityMayBeSignalledAndAnActivityCalledWhileLocksAreHeld() {
        let script = Script { context, _ in
            try await context.lock(Self.a) {
                try await context.signal(Self.b, "reset")
                return try await context.number("work")
            }
        }
        _ = script.start()
        #expect(script.answer(0) == ["1 signal reset({}) of @account@B", "2 work(0)"])
        #expect(script.complete(2, "3") == ["3 unlock @account@a", "4 completed 3"])
    }

    @Test func randomNumbersAreTheSameInEveryReplay() {
        let seen = Lock<[Int]>([])
        let script = Script { context, _ in
            var random = context.random
            var other = context.random
            let numbers = [Int.random(in: 0..<1_000_000, using: &random), Int.random(in: 0..<1_000_000, using: &other)]
            seen.withLock { $0 += numbers }
            return try await context.number("a")
        }
        _ = script.start()
        let numbers = seen.withLock { $0 }
        #expect(numbers.count == 4 && numbers.prefix(2) == numbers.suffix(2) && numbers[0] != numbers[1])
    }
}
