// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Testing

struct Counter: Entity {
    static let name = "Counter"
    var total = 0

    static let add = Operation<Int, Int>("add") { counter, amount, _ in
        counter.total += amount
        return counter.total
    }
    static let get = Operation<Nothing, Int>("get") { counter, _, _ in counter.total }
    static let forward = Operation<String, Nothing>("forward") { counter, key, context in
        try context.signal(add, counter.total, on: key)
        try context.signal(EntityID("other", key), "note", "seen", at: context.now.adding(.seconds(60)))
        try context.start(Report.self, counter.total)
        return Nothing()
    }
    static let spoil = Operation<Nothing, Nothing>("spoil") { counter, _, context in
        counter.total = -1
        try context.signal(add, 1, on: "elsewhere")
        context.deleteState()
        throw Spoilt()
    }
    static let operations = Operations(add, get, forward, spoil)

    struct Spoilt: Error {}
    struct Report: Orchestration {
        static let name = "report"
        func run(_ context: OrchestrationContext, _ total: Int) async throws -> Int { total }
    }
}

struct EntityRunnerTests {
    private let clock = VirtualHubClock()

    private func run(_ state: String?, _ operations: (String, String?)..., on id: String = "@counter@a") async
        -> EntityTurn
    {
        var registry = TaskRegistry()
        registry.add(Counter.self)
        let requests = operations.enumerated().map { index, operation in
            EntityOperation(requestID: "r\(index)", operation: operation.0, input: operation.1, target: id)
        }
        let item = EntityWorkItem(instanceID: id, state: state, operations: requests)
        return await EntityRunner(registry, clock: clock).run(item)
    }

    @Test func operationsRunInOrderOnOneState() async {
        let turn = await run(nil, ("add", "2"), ("ADD", "3"), ("get", nil))
        #expect(turn.results == [.success("2"), .success("5"), .success("5")])
        #expect(turn.state == #"{"total":5}"#)
        #expect(turn.effects.isEmpty)
    }

    @Test func aFailedOperationLeavesNoTrace() async {
        let turn = await run(#"{"total":1}"#, ("add", "2"), ("spoil", nil), ("get", nil))
        #expect(turn.results[1] == .failure(TaskFailure(type: "Spoilt", message: "Spoilt()")))
        #expect(turn.results[2] == .success("3"))
        #expect(turn.state == #"{"total":3}"#)
        #expect(turn.effects.isEmpty)
    }

    @Test func whatOperationsWantComesWithTheTurn() async throws {
        let turn = await run(#"{"total":7}"#, ("forward", #""b""#))
        guard case .signal(let add) = turn.effects.first, case .signal(let note) = turn.effects.dropFirst().first,
            case .start(let start) = turn.effects.last
        else {
            Issue.record("expected two signals and a start, found \(turn.effects)")
            return
        }
        #expect(add.target == "@counter@b")
        #expect(add.operation == "add")
        #expect(add.input == "7")
        #expect(note.target == "@other@b")
        #expect(note.scheduledTime == clock.now.adding(.seconds(60)))
        #expect(start.name == "report")
        #expect(Set([add.requestID, note.requestID, start.id].compactMap(UUID.init(uuidString:))).count == 3)
        let again = await run(#"{"total":7}"#, ("forward", #""b""#))
        #expect(again.effects == turn.effects)
    }

    @Test func deletingForgetsTheStateAndTheNextOperationBeginsAnew() async {
        let gone = await run(#"{"total":7}"#, ("delete", nil))
        #expect(gone.results == [.success("null")])
        #expect(gone.state == nil)
        let back = await run(#"{"total":7}"#, ("delete", nil), ("add", "1"))
        #expect(back.state == #"{"total":1}"#)
    }

    @Test(
        arguments: [
            ("@nobody@a", "add", "1", TaskFailure.EngineType.entityNotFound),
            ("counter", "add", "1", TaskFailure.EngineType.entityNotFound),
            ("@counter@a", "fly", "1", TaskFailure.EngineType.operationNotFound),
            ("@counter@a", "add", #""x""#, TaskFailure.EngineType.invalidPayload),
        ])
    func whatCannotRunFailsForGood(_ id: String, _ operation: String, _ input: String, _ type: String) async throws {
        let turn = await run(#"{"total":7}"#, (operation, input), on: id)
        guard case .failure(let failure) = try #require(turn.results.first) else {
            Issue.record("expected a failure")
            return
        }
        #expect(failure.type == type)
        #expect(!failure.isRetriable)
        #expect(turn.state == #"{"total":7}"#)
    }

    @Test func aStateOfAnotherShapeIsKept() async throws {
        let turn = await run(#"{"sum":7}"#, ("add", "1"))
        #expect(turn.state == #"{"sum":7}"#)
        guard case .failure(let failure) = try #require(turn.results.first) else {
            Issue.record("expected a failure")
            return
        }
        #expect(failure.type == TaskFailure.EngineType.invalidPayload)
    }
}
