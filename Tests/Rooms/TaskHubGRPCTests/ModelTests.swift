// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import Protobuf
import Testing

@testable import TaskHubGRPC

/// The house's model, over the wire and back.
struct ModelTests {
    static let failure = TaskFailure(
        type: "Broken", message: "it broke", details: ["stackTrace": "line 1", "code": "7"], isRetriable: false,
        cause: TaskFailure(type: "Cause", message: "because"))

    static let operation: EntityOperation = {
        var operation = EntityOperation(requestID: "r", operation: "add", input: "5", target: "@counter@a")
        operation.scheduledTime = time
        operation.parentInstanceID = "parent"
        operation.parentExecutionID = "run"
        return operation
    }()

    static let time = Date(timeIntervalSince1970: 1_750_000_000.123)

    static let kinds: [HistoryEvent.Kind] = [
        .orchestratorStarted, .orchestratorCompleted, .executionStarted(start),
        .executionCompleted(Completion(.failed, result: "null", failure: failure)),
        .executionTerminated(reason: "\"stop\"", recurse: true), .executionSuspended(reason: nil),
        .executionResumed(reason: ""), .executionRewound(Rewinding(reason: "again", parentExecutionID: "run 2")),
        .taskScheduled(TaskCall(name: "A", version: "1", input: "{}", tags: ["attempt": "2"])),
        .taskCompleted(taskID: 3, result: nil), .taskFailed(taskID: 4, failure: failure),
        .subOrchestrationCreated(SubOrchestrationCall(instanceID: "c", name: "C", input: nil, tags: ["a": "b"])),
        .subOrchestrationCompleted(taskID: 5, result: "1"), .subOrchestrationFailed(taskID: 6, failure: failure),
        .timerCreated(fireAt: time), .timerFired(timerID: 7, fireAt: time),
        .eventSent(SentEvent(instanceID: "t", name: "word", input: "1")), .eventRaised(name: "word", input: nil),
        .entityOperationCalled(operation), .entityOperationCompleted(requestID: "r", output: "5"),
        .entityOperationFailed(requestID: "r", failure: failure),
        .entityLockRequested(
            EntityLockRequest(criticalSectionID: "s", lockSet: ["@a@1", "@b@2"], position: 1, parentInstanceID: "p")),
        .entityLockGranted(criticalSectionID: "s"),
        .entityUnlockSent(EntityUnlock(criticalSectionID: "s", parentInstanceID: "p", target: "@a@1")),
        .genericEvent("patched:x"),
    ]

    static let start: ExecutionStarted = {
        var start = ExecutionStarted(name: "O", version: "2", input: "[]", instanceID: "i", executionID: "e")
        start.parent = ParentInstance(instanceID: "p", executionID: "pe", taskID: 9, name: "P")
        start.scheduledStart = time
        start.tags = ["who": "me"]
        return start
    }()

    @Test(arguments: kinds)
    func eventsComeBackAsTheyWere(kind: HistoryEvent.Kind) throws {
        let event = HistoryEvent(id: 12, at: Self.time, kind)
        let bytes = Wire.HistoryEvent(event).protobuf
        #expect(HistoryEvent(try Wire.HistoryEvent(protobuf: bytes)) == event)
    }

    @Test func eventsOfNoConcernAreLeftOut() {
        #expect(HistoryEvent(Wire.HistoryEvent(kind: .continueAsNew(.init(input: "1")))) == nil)
        #expect(HistoryEvent(Wire.HistoryEvent()) == nil)
    }

    static let actions: [OrchestratorAction.Kind] = [
        .scheduleTask(TaskCall(name: "A", version: "1", input: "{}", tags: ["a": "b"])), .createTimer(fireAt: time),
        .createSubOrchestration(SubOrchestrationCall(instanceID: "c", name: "C", version: "3", input: "1")),
        .sendEvent(SentEvent(instanceID: "t", name: "word", input: "1")), .callEntity(operation),
        .terminateOrchestration(instanceID: "t", reason: "\"stop\"", recurse: true),
        .rewindOrchestration(newHistory: [HistoryEvent(at: time, .orchestratorStarted)]),
        .unlockEntity(EntityUnlock(criticalSectionID: "s", parentInstanceID: "parent", target: "@a@1")),
        .completeOrchestration(
            {
                var completion = Completion(.continuedAsNew, result: "5")
                completion.newVersion = "4"
                completion.carryover = [HistoryEvent(at: time, .eventRaised(name: "word", input: "1"))]
                return completion
            }()),
    ]

    @Test(arguments: actions)
    func actionsComeBackAsTheyWere(kind: OrchestratorAction.Kind) throws {
        let action = OrchestratorAction(id: 3, kind)
        let bytes = Wire.OrchestratorAction(action).protobuf
        let run = ExecutionKey(instanceID: "parent", executionID: "run")
        #expect(try OrchestratorAction(Wire.OrchestratorAction(protobuf: bytes), of: run) == action)
    }

    @Test func actionsOfUnknownKindsAreRefused() throws {
        let later: [UInt8] = [0x08, 0x01, 0x9a, 0x06, 0x00]
        #expect(throws: ProtocolError.self) {
            try OrchestratorAction(
                Wire.OrchestratorAction(protobuf: later), of: ExecutionKey(instanceID: "i", executionID: "e"))
        }
    }

    @Test func timesAreRoundedUpToTheMillisecond() {
        let early = Wire.SecondsAndNanoseconds(seconds: 10, nanoseconds: 1)
        #expect(early.time == Date(timeIntervalSince1970: 10.001))
        #expect(Wire.SecondsAndNanoseconds(Date(timeIntervalSince1970: -0.5)).nanoseconds == 500_000_000)
    }

    @Test func propertiesOfAnyKindBecomeDetails() {
        var details = Wire.TaskFailureDetails()
        details.properties = [
            "text": Wire.JSONValue("a\"b"),
            "list": Wire.JSONValue(
                kind: .list(
                    .init(values: [
                        .init("a\"b\n"), .init(kind: .number(1)), .init(kind: .null), .init(kind: .flag(true)),
                    ])
                )),
        ]
        #expect(details.failure.details == ["text": "a\"b", "list": #"["a\"b\n",1,null,true]"#])
    }

    @Test func statusesComeBackAsTheyWere() throws {
        var status = InstanceStatus(id: "i", name: "O", status: .failed, createdAt: Self.time, updatedAt: Self.time)
        status.endedAt = Self.time
        status.input = "1"
        status.output = "2"
        status.customStatus = "\"x\""
        status.failure = Self.failure
        status.executionID = "e"
        status.version = "1"
        status.tags = ["a": "b"]
        status.parentID = "p"
        let bytes = Wire.OrchestrationState(status, includesPayloads: true).protobuf
        #expect(InstanceStatus(try Wire.OrchestrationState(protobuf: bytes)) == status)
    }
}
