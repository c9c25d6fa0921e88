// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import SQL
import Testing

@testable import DurableTask
@testable import TaskHubSQL

/// Commits that are decided over rows which nobody read: what this process wrote last, and what most likely is not
/// there.
@Suite(.timeLimit(.minutes(5)))
struct KnownHeadsTests {
    /// The rows that one decision after the other was made over.
    private final class Decisions: Sendable {
        private let made = Lock<[[String: InstanceHead]]>([])

        var all: [[String: InstanceHead]] { made.withLock(\.self) }

        func note(_ heads: [String: InstanceHead]) { made.withLock { $0.append(heads) } }
    }

    private func store(_ room: PostgresRoom) async throws -> (SQLHubStore, member: Int64) {
        let store = SQLHubStore(try await room.open(), PostgresHubDialect())
        return (store, try await store.join(for: .seconds(600)))
    }

    /// Stores an instance with its first episode, which calls an activity of this process.
    private func begin(_ id: String, _ store: SQLHubStore, _ member: Int64) async throws {
        var locks = HubLocks([id])
        locks.newcomers = [id]
        _ = try await store.commit(locks, as: member) { _ in
            var head = InstanceHead(id: id, name: "main", executionID: "run", status: .pending)
            head.owner = member
            var changes = step(id, to: 1, member)
            changes.newInstances = [NewInstance(head: head, createdAt: Date(millisecondsSince1970: 1))]
            return changes
        }
    }

    /// What moves an instance on by one event, and calls an activity.
    private func step(_ id: String, to count: Int, _ member: Int64) -> HubChanges {
        let time = Date(millisecondsSince1970: Int64(count))
        var changes = HubChanges()
        changes.moves = [
            InstanceMove(
                id: id, status: .running, keepsStatus: count > 1, time: time,
                position: HistoryPosition(executionID: "run", eventCount: count, byteCount: count))
        ]
        changes.tasks = [
            NewTask(
                execution: ExecutionKey(instanceID: id, executionID: "run"), orchestration: "main", id: count,
                call: TaskCall(name: "work", input: nil), lease: member << 32 + 1, time: time)
        ]
        return changes
    }

    private func go(_ id: String, to count: Int, _ store: SQLHubStore, _ member: Int64) async throws -> Decisions {
        let decisions = Decisions()
        _ = try await store.commit(HubLocks([id]), as: member) { heads in
            decisions.note(heads)
            return heads[id].map { $0.isParked } == false ? step(id, to: count, member) : HubChanges()
        }
        return decisions
    }

    @Test func theRowIsAsItWouldHaveBeenRead() async throws {
        let room = PostgresRoom()
        let (store, member) = try await store(room)
        try await begin("a", store, member)
        for count in 2...4 {
            let decisions = try await go("a", to: count, store, member)
            let read = try #require(try await store.inbox(of: "a", at: Date(), limit: 1)).head
            #expect(decisions.all.map { $0["a"]?.eventCount } == [count - 1])
            #expect(read.eventCount == count)
            #expect(read.owner == member)
        }
        #expect(try await store.tasks(of: "a").count == 4)
    }

    @Test func whatSomebodyElseWroteIsReadAgain() async throws {
        let room = PostgresRoom()
        let (store, member) = try await store(room)
        let (other, stranger) = try await self.store(room)
        try await begin("a", store, member)
        _ = try await other.commit(HubLocks(["a"]), as: stranger) { _ in
            var changes = HubChanges()
            changes.flags = [InstanceFlag(id: "a", kind: .parked("to see"))]
            return changes
        }
        let decisions = try await go("a", to: 2, store, member)
        #expect(decisions.all.map { $0["a"]?.isParked } == [false, true])
        #expect(try await store.tasks(of: "a").count == 1)
    }

    @Test func anInstanceThatIsThereAlreadyIsFound() async throws {
        let room = PostgresRoom()
        let (store, member) = try await store(room)
        let (other, stranger) = try await self.store(room)
        try await begin("a", other, stranger)
        let decisions = Decisions()
        var locks = HubLocks(["a"])
        locks.newcomers = ["a"]
        _ = try await store.commit(locks, as: member) { heads in
            decisions.note(heads)
            var changes = HubChanges()
            let head = InstanceHead(id: "a", name: "other", executionID: "", status: .pending)
            if heads.isEmpty { changes.newInstances = [NewInstance(head: head, createdAt: Date())] }
            return changes
        }
        #expect(decisions.all.map { $0["a"]?.name } == [nil, "main"])
        #expect(try await store.status(of: "a")?.name == "main")
    }

    @Test func whoIsNoMemberAnyMoreWritesNothing() async throws {
        let room = PostgresRoom()
        let (store, member) = try await store(room)
        let (other, _) = try await self.store(room)
        try await begin("a", store, member)
        try await room.expireMembers()
        _ = try await other.expireMembers()
        let error = await #expect(throws: TaskHubError.self) { _ = try await go("a", to: 2, store, member) }
        #expect(error?.code == .membershipLost)
        #expect(try await other.tasks(of: "a").count == 1)
    }

    @Test func aDecisionThatLeavesARowAloneIsMadeOverWhatIsRead() async throws {
        let room = PostgresRoom()
        let (store, member) = try await store(room)
        try await begin("a", store, member)
        let decisions = Decisions()
        _ = try await store.commit(HubLocks(["a"]), as: member) { heads in
            decisions.note(heads)
            var changes = HubChanges()
            changes.finishedTasks = [1]
            return changes
        }
        #expect(decisions.all.count == 2)
        #expect(decisions.all.first == decisions.all.last)
    }
}

/// Numbers that are given out once.
struct TaskNumbersTests {
    @Test func numbersAreGivenOutOnceAndInTheirOrder() {
        let numbers = TaskNumbers()
        #expect(numbers.take(1) == nil)
        numbers.add([3, 4, 5, 9])
        #expect(numbers.take(5) == nil)
        #expect(numbers.take(2) == [3, 4])
        numbers.add([10, 11])
        #expect(numbers.take(4) == [5, 9, 10, 11])
        #expect(numbers.take(1) == nil)
        #expect(numbers.take(0) == [])
    }

    @Test func whoOwnsAStoreHasAllNumbersBehindItsLast() {
        let numbers = TaskNumbers()
        numbers.begin(after: 41)
        #expect(numbers.take(3) == [42, 43, 44])
        #expect(numbers.take(1) == [45])
    }
}
