// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Telemetry
import Testing

@testable import DurableTask

/// The queues in memory: pure values, no hub around them.
struct QueueTests {
    private func message(_ sequence: Int64) -> StoredMessage {
        StoredMessage(sequence: sequence, event: HistoryEvent(at: Script.epoch, .genericEvent("\(sequence)")))
    }

    private func news(_ id: String) -> InstanceNews { InstanceNews(id: id, name: "n", version: nil) }

    private func task(_ sequence: Int64, _ name: String, lease: Int64 = 1) -> ActivityWorkItem {
        ActivityWorkItem(
            sequence: sequence, lease: lease, deliveries: 1, execution: Script.key,
            (id: Int(sequence), call: TaskCall(name: name, input: nil)))
    }

    @Test func onlyTheTasksThatAreLostAreDropped() {
        var queue = ActivityQueue()
        let (intake, deadline) = (Intake(), Script.epoch)
        for sequence in 1...4 { queue.append(task(Int64(sequence), "x", lease: Int64(sequence))) }
        for _ in 1...2 { _ = queue.next(.all, intake, leasedUntil: deadline) }
        #expect(queue.items(of: Script.key.instanceID).map(\.sequence).sorted() == [1, 2, 3, 4])
        #expect(queue.items(of: "another").isEmpty)
        let isAnyRunning = queue.drop([task(2, "x", lease: 2), task(3, "x", lease: 3), task(4, "x", lease: 7)])
        #expect(isAnyRunning)
        #expect(queue.items(of: nil).map(\.sequence).sorted() == [1, 4])
        #expect(queue.nextCancellation(intake)?.sequence == 2)
        #expect(queue.nextCancellation(intake) == nil)
        let isAnotherRunning = queue.drop([task(4, "x", lease: 4)])
        #expect(!isAnotherRunning)
        #expect(queue.items(of: nil).map(\.sequence) == [1])
    }

    @Test func aQueueKeepsItsOrderThroughManyRounds() {
        var queue = FIFO<Int>()
        var (next, expected) = (0, 0)
        for round in 1...200 {
            for _ in 0..<(round % 7 + 1) {
                queue.append(next)
                next += 1
            }
            for _ in 0..<(round % 5 + 1) {
                guard let first = queue.popFirst() else { break }
                #expect(first == expected)
                expected += 1
            }
            #expect(queue.count == next - expected)
            #expect(queue.first == (queue.isEmpty ? nil : expected))
        }
    }

    @Test func anInstanceInFlightIsNotHandedOutTwice() {
        var queue = InstanceQueue()
        queue.arrived(message(1), for: news("a"))
        let first = queue.next(.orchestrations(.all))?.messages
        #expect(first == [message(1)])
        queue.arrived(message(2), for: news("a"))
        let none = queue.next(.orchestrations(.all))
        #expect(none == nil)
        queue.finished("a", mustReload: false)
        let second = queue.next(.orchestrations(.all))?.messages
        #expect(second == [message(2)])
        #expect(queue.inFlightCount == 1)
        queue.finished("a", mustReload: false)
        #expect(queue.isIdle)
    }

    @Test func instancesAreHandedOutInTheOrderOfTheirNews() {
        var queue = InstanceQueue()
        for id in ["b", "a", "b", "c"] { queue.arrived(message(1), for: news(id)) }
        let order = (0..<3).compactMap { _ in queue.next(.orchestrations(.all))?.news.id }
        #expect(order == ["b", "a", "c"])
    }

    @Test func whatTheMemoryMayMissIsLoaded() {
        var queue = InstanceQueue()
        queue.mustLoad(news("a"))
        queue.arrived(message(1), for: news("a"))
        let ready = queue.next(.orchestrations(.all))
        #expect(ready?.mustLoad == true)
        #expect(ready?.messages == [])
        queue.finished("a", mustReload: true)
        let reloads = queue.next(.orchestrations(.all))?.mustLoad
        #expect(reloads == true)
        for sequence in 0..<Int64(InstanceQueue.messageLimit + 1) { queue.arrived(message(sequence), for: news("b")) }
        let loads = queue.next(.orchestrations(.all))?.mustLoad
        #expect(loads == true)
    }

    @Test func anInstanceThatWaitsInAnotherVersionIsThatOnesAlone() {
        var queue = InstanceQueue()
        for version in ["1", "2"] { queue.mustLoad(InstanceNews(id: "a", name: "n", version: version)) }
        #expect(queue.waitingCount == 1)
        #expect(queue.next(.orchestrations(.versions(["n": ["1"]]))) == nil)
        #expect(queue.next(.orchestrations(.versions(["N": ["2"]])))?.news.version == "2")
        #expect(queue.waitingCount == 0)
    }

    @Test(arguments: [
        (WorkFilter.versions(["N": ["1", ""]]), ["1", nil, ""]), (.versions(["n": []]), ["1", "2", nil, ""]),
        (.versions(["n": ["2"], "m": ["1"]]), ["2"]), (.only(["n"]), ["1", "2", nil, ""]), (.versions([:]), []),
    ])
    func filtersAdmitVersions(filter: WorkFilter, admitted: [String?]) {
        #expect(["1", "2", nil, ""].filter { filter.admits("n", version: $0) }.count == admitted.count)
        #expect(admitted.allSatisfy { filter.admits("n", version: $0) })
    }

    @Test func whatIsDroppedLeavesItsPlaceToTheOthers() {
        var queue = InstanceQueue()
        for number in 0..<200 { queue.arrived(message(1), for: news("\(number)")) }
        for number in 0..<200 where number % 10 > 0 { _ = queue.drop("\(number)") }
        #expect(queue.waitingCount == 20)
        #expect(queue.waitingCount { _ in true } == 20)
        let order = (0..<20).compactMap { _ in queue.next(.orchestrations(.all))?.news.id }
        #expect(order == (0..<20).map { "\(10 * $0)" })
        #expect(!queue.hasNext(.orchestrations(.all)))
    }

    @Test func timersComeInTheirOrderAndAreForgottenWhenTheyAreGone() {
        var timers = TimerOrder()
        for (order, sequence) in [(30, 1), (10, 2), (20, 3), (10, 4)] as [(Int64, Int64)] {
            timers.insert(TimerOrder.Entry(order: order, sequence: sequence, id: "a"))
        }
        let first = timers.first(after: 10) { $0.sequence != 3 }
        #expect(first?.sequence == 1)
        #expect(timers.all(after: 0, until: 30) { _ in true }.map(\.sequence) == [2, 4, 1])
        #expect(timers.first(after: 30) { _ in true } == nil)
    }

    @Test func whatHasNotFailedForLongIsForgotten() {
        var troubles = TroubleCount()
        for number in 0..<10_000 {
            #expect(troubles.note("\(number)") == 1)
            #expect(troubles.note("lasting") == number + 1)
        }
        #expect(troubles.count < 3_000)
        troubles.forget("lasting")
        #expect(troubles.note("lasting") == 1)
    }

    @Test func whatIsMoreUrgentInTheStoreIsClaimedFirst() {
        var queue = ActivityQueue()
        queue.append(task(1, "a"))
        queue.markInStore(WorkName("a", version: nil), upTo: 5)
        guard case .claim(let claim) = queue.next(.all, Intake(), leasedUntil: Script.epoch) else {
            Issue.record("expected a claim")
            return
        }
        #expect(claim.above == 0)
        queue.settle(claim, [], limit: 10)
        guard case .take = queue.next(.all, Intake(), leasedUntil: Script.epoch) else {
            Issue.record("expected the queued task")
            return
        }
    }

    @Test func prioritiesMayBeAnyNumber() {
        var queue = ActivityQueue()
        for (sequence, priority) in [(1, Int.min), (2, 0), (3, Int.max), (4, Int.min)] {
            var item = task(Int64(sequence), "a\(sequence)")
            item.call.priority = priority
            queue.append(item)
        }
        let order = (0..<4).map { _ -> Int64 in
            guard case .take(let item) = queue.next(.all, Intake(), leasedUntil: Script.epoch) else { return 0 }
            return item.sequence
        }
        #expect(order == [3, 2, 1, 4])
    }

    @Test func namesThatDifferInCaseAloneAreOneInAFilter() {
        let filter = WorkFilter.versions(["a": ["1"], "A": ["2"], "b": [], "B": ["1"]])
        #expect(filter.admits("a", version: "1") && filter.admits("A", version: "2"))
        #expect(!filter.admits("a", version: "3"))
        #expect(filter.admits("b", version: "3"))
    }

    @Test func aNameThatOverflowedIsClaimedOnceItsQueueIsDry() {
        var queue = ActivityQueue()
        let deadline = Script.epoch
        let name = WorkName("a", version: nil)
        #expect(queue.admits(name, limit: 1))
        queue.append(task(1, "a"))
        #expect(!queue.admits(name, limit: 1))
        queue.markInStore(name, upTo: 0)
        guard case .take(let first) = queue.next(.only(["a"]), Intake(), leasedUntil: deadline) else {
            Issue.record("expected the queued task")
            return
        }
        #expect(first.sequence == 1)
        #expect(!queue.admits(name, limit: 1))
        guard case .claim(let claim) = queue.next(.except(["b"]), Intake(), leasedUntil: deadline), claim.name == name
        else {
            Issue.record("expected a claim")
            return
        }
        guard case .wait = queue.next(.only(["a"]), Intake(), leasedUntil: deadline) else {
            Issue.record("one fetch claims at a time")
            return
        }
    }

    @Test func leasesEndAtTheirTimeAndFenceTheirHolders() {
        var queue = ActivityQueue()
        queue.append(task(1, "a"))
        _ = queue.next(.except([]), Intake(), leasedUntil: Script.epoch)
        #expect(queue.holds(task(1, "a")))
        #expect(!queue.holds(task(1, "a", lease: 2)))
        #expect(queue.firstDeadline == Script.epoch)
        let isRenewed = queue.renew(task(1, "a"), until: Script.epoch.addingTimeInterval(60))
        #expect(isRenewed)
        let noneExpired = queue.takeExpired(at: Script.epoch.addingTimeInterval(59)).isEmpty
        #expect(noneExpired)
        let expired = queue.takeExpired(at: Script.epoch.addingTimeInterval(60))
        #expect(expired == [task(1, "a")])
        let isRenewedLate = queue.renew(task(1, "a"), until: Script.epoch)
        #expect(!isRenewedLate)
        #expect(queue.isIdle)
    }

    @Test func aLeaseDoesNotEndWhileItsResultIsOnTheWay() {
        var queue = ActivityQueue()
        for sequence in 1...2 {
            queue.append(task(Int64(sequence), "a"))
            _ = queue.next(.all, Intake(), leasedUntil: Script.epoch)
        }
        let areBegun = [queue.beginEnd(of: task(1, "a")), queue.beginEnd(of: task(2, "a", lease: 2))]
        #expect(areBegun == [true, false])
        let expired = queue.takeExpired(at: Script.epoch)
        #expect(expired == [task(2, "a")])
        #expect(queue.firstDeadline == nil)
        #expect(queue.holds(task(1, "a")))
    }

    @Test func theInstanceThatWaitedLongestLeavesMemory() {
        var live = LiveInstances(capacity: 3)
        func instance(_ count: Int) -> LiveInstance {
            LiveInstance(
                orchestrator: Orchestrator(Script.key, registry: TaskRegistry(), log: .silent),
                position: HistoryPosition(executionID: "e", eventCount: count, byteCount: 0))
        }
        for round in 0..<500 {
            for id in ["a", "b", "c"] {
                _ = live.take(id)
                let nobodyLeaves = live.put(instance(round), id).isEmpty
                #expect(nobodyLeaves)
            }
        }
        let leaving = live.put(instance(1), "d").map(\.position.eventCount)
        #expect(leaving == [499])
        let left = live.take("a")
        #expect(left?.position == nil)
        #expect(live.count == 3)
        let rest = live.takeAll().count
        #expect(rest == 3)
    }
}
