// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Protobuf

// An event and its kinds.
extension Wire {
    /// Something that happened in an instance.
    struct HistoryEvent: ProtobufMessage, Equatable {
        var eventID: Int32 = 0
        var timestamp: Date?
        var kind: Kind?
        var unknownFields = ProtobufUnknownFields()

        indirect enum Kind: Sendable, Equatable {
            case executionStarted(ExecutionStarted)
            case executionCompleted(ExecutionCompleted)
            case executionTerminated(ExecutionTerminated)
            case taskScheduled(TaskScheduled)
            case taskCompleted(TaskCompleted)
            case taskFailed(TaskFailed)
            case subOrchestrationCreated(SubOrchestrationCreated)
            case subOrchestrationCompleted(SubOrchestrationCompleted)
            case subOrchestrationFailed(SubOrchestrationFailed)
            case timerCreated(TimerCreated)
            case timerFired(TimerFired)
            case orchestratorStarted(Empty)
            case orchestratorCompleted(Empty)
            case eventSent(EventSent)
            case eventRaised(EventRaised)
            case genericEvent(GenericEvent)
            case historyState(HistoryState)
            case continueAsNew(ContinueAsNew)
            case executionSuspended(ExecutionSuspended)
            case executionResumed(ExecutionResumed)
            case entityOperationSignaled(EntityOperationSignaled)
            case entityOperationCalled(EntityOperationCalled)
            case entityOperationCompleted(EntityOperationCompleted)
            case entityOperationFailed(EntityOperationFailed)
            case entityLockRequested(EntityLockRequested)
            case entityLockGranted(EntityLockGranted)
            case entityUnlockSent(EntityUnlockSent)
            case executionRewound(ExecutionRewound)
        }

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&eventID)
            case 2: try reader.readTime(&timestamp)
            case 3: kind = try reader.readCase(kind) { .executionStarted($0) }
            case 4: kind = try reader.readCase(kind) { .executionCompleted($0) }
            case 5: kind = try reader.readCase(kind) { .executionTerminated($0) }
            case 6: kind = try reader.readCase(kind) { .taskScheduled($0) }
            case 7: kind = try reader.readCase(kind) { .taskCompleted($0) }
            case 8: kind = try reader.readCase(kind) { .taskFailed($0) }
            case 9: kind = try reader.readCase(kind) { .subOrchestrationCreated($0) }
            case 10: kind = try reader.readCase(kind) { .subOrchestrationCompleted($0) }
            case 11: kind = try reader.readCase(kind) { .subOrchestrationFailed($0) }
            case 12: kind = try reader.readCase(kind) { .timerCreated($0) }
            case 13: kind = try reader.readCase(kind) { .timerFired($0) }
            case 14: kind = try reader.readCase(kind) { .orchestratorStarted($0) }
            case 15: kind = try reader.readCase(kind) { .orchestratorCompleted($0) }
            case 16: kind = try reader.readCase(kind) { .eventSent($0) }
            case 17: kind = try reader.readCase(kind) { .eventRaised($0) }
            case 18: kind = try reader.readCase(kind) { .genericEvent($0) }
            case 19: kind = try reader.readCase(kind) { .historyState($0) }
            case 20: kind = try reader.readCase(kind) { .continueAsNew($0) }
            case 21: kind = try reader.readCase(kind) { .executionSuspended($0) }
            case 22: kind = try reader.readCase(kind) { .executionResumed($0) }
            case 23: kind = try reader.readCase(kind) { .entityOperationSignaled($0) }
            case 24: kind = try reader.readCase(kind) { .entityOperationCalled($0) }
            case 25: kind = try reader.readCase(kind) { .entityOperationCompleted($0) }
            case 26: kind = try reader.readCase(kind) { .entityOperationFailed($0) }
            case 27: kind = try reader.readCase(kind) { .entityLockRequested($0) }
            case 28: kind = try reader.readCase(kind) { .entityLockGranted($0) }
            case 29: kind = try reader.readCase(kind) { .entityUnlockSent($0) }
            case 30: kind = try reader.readCase(kind) { .executionRewound($0) }
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(eventID, as: 1)
            writer.writeTime(timestamp, as: 2)
            switch kind {
            case .executionStarted(let value): writer.write(ifPresent: value, as: 3)
            case .executionCompleted(let value): writer.write(ifPresent: value, as: 4)
            case .executionTerminated(let value): writer.write(ifPresent: value, as: 5)
            case .taskScheduled(let value): writer.write(ifPresent: value, as: 6)
            case .taskCompleted(let value): writer.write(ifPresent: value, as: 7)
            case .taskFailed(let value): writer.write(ifPresent: value, as: 8)
            case .subOrchestrationCreated(let value): writer.write(ifPresent: value, as: 9)
            case .subOrchestrationCompleted(let value): writer.write(ifPresent: value, as: 10)
            case .subOrchestrationFailed(let value): writer.write(ifPresent: value, as: 11)
            case .timerCreated(let value): writer.write(ifPresent: value, as: 12)
            case .timerFired(let value): writer.write(ifPresent: value, as: 13)
            case .orchestratorStarted(let value): writer.write(ifPresent: value, as: 14)
            case .orchestratorCompleted(let value): writer.write(ifPresent: value, as: 15)
            case .eventSent(let value): writer.write(ifPresent: value, as: 16)
            case .eventRaised(let value): writer.write(ifPresent: value, as: 17)
            case .genericEvent(let value): writer.write(ifPresent: value, as: 18)
            case .historyState(let value): writer.write(ifPresent: value, as: 19)
            case .continueAsNew(let value): writer.write(ifPresent: value, as: 20)
            case .executionSuspended(let value): writer.write(ifPresent: value, as: 21)
            case .executionResumed(let value): writer.write(ifPresent: value, as: 22)
            case .entityOperationSignaled(let value): writer.write(ifPresent: value, as: 23)
            case .entityOperationCalled(let value): writer.write(ifPresent: value, as: 24)
            case .entityOperationCompleted(let value): writer.write(ifPresent: value, as: 25)
            case .entityOperationFailed(let value): writer.write(ifPresent: value, as: 26)
            case .entityLockRequested(let value): writer.write(ifPresent: value, as: 27)
            case .entityLockGranted(let value): writer.write(ifPresent: value, as: 28)
            case .entityUnlockSent(let value): writer.write(ifPresent: value, as: 29)
            case .executionRewound(let value): writer.write(ifPresent: value, as: 30)
            case nil: break
            }
        }
    }
}
