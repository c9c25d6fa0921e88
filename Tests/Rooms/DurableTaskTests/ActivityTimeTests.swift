// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Testing

@testable import DurableTask

/// Leases, heartbeats, timeouts and rates: values against a clock that stands still.
struct ActivityTimeTests {
    private let start = Date(timeIntervalSince1970: 1_750_000_000)

    private func run(_ sequence: Int64 = 1, _ change: (inout TaskCall) -> Void = { _ in }) -> ActivityRun {
        var call = TaskCall(name: "work", input: nil)
        change(&call)
        return ActivityRun(
            ActivityWorkItem(
                sequence: sequence, lease: 7, deliveries: 1, execution: Script.key, (id: Int(sequence), call: call)),
            begunAt: start)
    }

    private func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

    private func activities() -> RunningActivities {
        RunningActivities(leaseDuration: .seconds(60), progressInterval: .seconds(5))
    }

    @Test func leasesAreExtendedThreeTimesWithinEachAndTogether() {
        var running = activities()
        #expect(running.nextDeadline == nil)
        let first = running.begin(run(1), at: at(0))
        #expect(first == at(20))
        _ = running.begin(run(2), at: at(8))
        _ = running.begin(run(3), at: at(15))
        let early = running.orders(at: at(19)).renewals.isEmpty
        #expect(early)
        let due = Set(running.orders(at: at(20)).renewals.map(\.sequence))
        #expect(due == [1, 2])
        #expect(running.nextDeadline == at(35))
    }

    @Test func whatHasEndedIsLeftAlone() {
        var running = activities()
        let (old, new) = (run(1), run(1))
        _ = running.begin(old, at: at(0))
        _ = running.begin(new, at: at(1))
        running.end(old)
        #expect(running.run(of: new.item) === new)
        running.end(new)
        #expect(running.nextDeadline == nil)
        let deadline = running.beat(new, nil, at: at(2))
        #expect(deadline == .distantFuture)
    }

    @Test func progressIsSentAtOnceAndThenNowAndThen() {
        var running = activities()
        let run = run()
        _ = running.begin(run, at: at(0))
        let now = running.beat(run, { "1" }, at: at(1))
        #expect(now <= at(1))
        let first = running.orders(at: at(1)).renewals.first?.progress
        #expect(first == "1")
        _ = running.beat(run, { "2" }, at: at(2))
        let later = running.beat(run, { "3" }, at: at(3))
        #expect(later == at(6))
        let tooEarly = running.orders(at: at(5)).renewals.isEmpty
        #expect(tooEarly)
        let second = running.orders(at: at(6)).renewals.first?.progress
        #expect(second == "3")
        #expect(running.nextDeadline == at(26))
        _ = running.beat(run, nil, at: at(7))
        #expect(running.nextDeadline == at(26))
        let kept = running.orders(at: at(26)).renewals.first?.progress
        #expect(kept == "3")
    }

    @Test func progressThatCannotBeWrittenKeepsTheLast() {
        var running = activities()
        let run = run()
        _ = running.begin(run, at: at(0))
        _ = running.beat(run, { "1" }, at: at(1))
        _ = running.orders(at: at(1))
        _ = running.beat(run, { nil }, at: at(7))
        let kept = running.orders(at: at(7)).renewals.first?.progress
        #expect(kept == "1")
    }

    @Test func aRunThatTakesTooLongIsEnded() {
        var running = activities()
        let long = run { $0.startToClose = .seconds(5) }
        let deadline = running.begin(long, at: at(0))
        #expect(deadline == at(5))
        _ = running.beat(long, nil, at: at(4))
        let early = running.orders(at: at(4.9)).timeouts.isEmpty
        #expect(early)
        let orders = running.orders(at: at(5))
        #expect(orders.timeouts.first?.run === long)
        #expect(orders.timeouts.first?.failure.type == TaskFailure.EngineType.timeout)
        #expect(orders.timeouts.first?.failure.isRetriable == true)
        #expect(running.nextDeadline == nil)
    }

    @Test func aRunThatFallsSilentIsEnded() {
        var running = activities()
        let quiet = run { $0.heartbeatTimeout = .seconds(3) }
        _ = running.begin(quiet, at: at(0))
        let next = running.beat(quiet, nil, at: at(2))
        #expect(next == at(5))
        let alive = running.orders(at: at(4)).timeouts.isEmpty
        #expect(alive)
        let ended = running.orders(at: at(5)).timeouts.count
        #expect(ended == 1)
    }

    @Test func ratesAreKeptAndQuietTimesSaveUpNoMoreThanTheBurst() {
        var bucket = TokenBucket(ActivityRate(2, in: .seconds(1), burst: 3))
        var now = at(0)
        for _ in 0..<3 {
            #expect(bucket.nextToken(at: now) <= now)
            bucket.take(at: now)
        }
        #expect(bucket.nextToken(at: now) == at(0.5))
        now = at(0.5)
        bucket.take(at: now)
        #expect(bucket.nextToken(at: now) == at(1))
        now = at(100)
        for _ in 0..<3 {
            #expect(bucket.nextToken(at: now) <= now)
            bucket.take(at: now)
        }
        #expect(bucket.nextToken(at: now) == at(100.5))
    }

    @Test(.timeLimit(.minutes(5))) func aGateLetsThroughOneAtATimeAndAtItsPace() async throws {
        let clock = VirtualHubClock(startingAt: start, skipsIdleTime: false)
        let gate = RateGate(ActivityRate(1, in: .seconds(10)), clock: clock)
        var times: [Date?] = []
        try await withThrowingTaskGroup(of: Date?.self) { group in
            for _ in 0..<3 {
                group.addTask { try await gate.pass { clock.now as Date? } }
            }
            for _ in 0..<2 {
                while clock.sleeperCount == 0 { await Task.yield() }
                clock.advance(by: .seconds(10))
            }
            for try await time in group { times.append(time) }
        }
        #expect(times == [at(0), at(10), at(20)])
    }

    @Test(.timeLimit(.minutes(5))) func aCancelledLaneHandsItsTurnOn() async throws {
        let clock = VirtualHubClock(startingAt: start, skipsIdleTime: false)
        let gate = RateGate(ActivityRate(1, in: .seconds(10)), clock: clock)
        _ = try await gate.pass { 0 as Int? }
        await withTaskGroup(of: Int?.self) { group in
            for number in 1...3 {
                group.addTask { try? await gate.pass { number as Int? } }
            }
            while clock.sleeperCount == 0 { await Task.yield() }
            group.cancelAll()
            for await number in group { #expect(number == nil) }
        }
        async let last = gate.pass { @Sendable in 4 as Int? }
        while clock.sleeperCount == 0 { await Task.yield() }
        clock.advance(by: .seconds(10))
        #expect(try await last == 4)
    }

    @Test(.timeLimit(.minutes(5))) func aClosedGateLetsNobodyThroughAndHoldsNobodyUp() async throws {
        let clock = VirtualHubClock(startingAt: start, skipsIdleTime: false)
        let gate = RateGate(ActivityRate(1, in: .seconds(10)), clock: clock)
        _ = try await gate.pass { 0 as Int? }
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 1...3 { group.addTask { try await gate.pass { number as Int? } } }
            while clock.sleeperCount == 0 { await Task.yield() }
            gate.close()
            for try await number in group { #expect(number == nil) }
        }
        #expect(try await gate.pass { 4 as Int? } == nil)
    }

    @Test(.timeLimit(.minutes(5))) func theFirstNewsOfARunCount() async {
        let stopped = run()
        stopped.cancel(.unwanted)
        stopped.cancel(.leaseLost)
        #expect(stopped.cancellation == .unwanted)
        guard case .cancelled(.unwanted) = await stopped.news() else {
            Issue.record("expected the cancellation")
            return
        }
        stopped.finish(.success("1"))
        guard case .finished(.success("1")) = await stopped.news() else {
            Issue.record("expected the result")
            return
        }
    }

    @Test(.timeLimit(.minutes(5))) func aWorkerThatStopsSaysSo() async {
        let run = run()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await run.news() }
            group.cancelAll()
        }
        #expect(run.cancellation == .workerStops)
    }
}
