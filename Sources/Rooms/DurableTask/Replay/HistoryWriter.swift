// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Telemetry

/// Writes events as the JSON that ``HistoryEvent``'s decoder reads.
///
/// Histories are written at every step and read only after a restart; written by hand they cost a tenth of what the
/// general encoder takes.
struct HistoryWriter {
    private(set) var bytes: [UInt8] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func write(_ events: [HistoryEvent]) {
        bytes.reserveCapacity(128 * events.count)
        raw("[")
        for (index, event) in events.enumerated() {
            if index > 0 { raw(",") }
            write(event)
        }
        raw("]")
    }

    mutating func write(_ event: HistoryEvent) {
        raw("{\"at\":")
        raw(String(event.timestamp.millisecondsSince1970))
        if event.id >= 0 { member("id", event.id) }
        write(event.kind)
        raw("}")
    }

    private mutating func write(_ kind: HistoryEvent.Kind) {
        switch kind {
        case .orchestratorStarted: object("orchestratorStarted") { _ in }
        case .orchestratorCompleted: object("orchestratorCompleted") { _ in }
        case .executionStarted(let start): write(start)
        case .executionCompleted(let completion): write(completion)
        case .executionTerminated(let reason, let recurse):
            object("executionTerminated") { writer in
                writer.member("reason", reason)
                if recurse { writer.member("recurse", 1) }
            }
        case .executionSuspended(let reason): object("executionSuspended") { $0.member("reason", reason) }
        case .executionResumed(let reason): object("executionResumed") { $0.member("reason", reason) }
        case .executionRewound(let rewinding): write(rewinding)
        case .taskScheduled(let call): write(call)
        case .taskCompleted(let task, let result): write("taskCompleted", task, result)
        case .taskFailed(let task, let failure): write("taskFailed", task, failure)
        case .subOrchestrationCreated(let call): write(call)
        case .subOrchestrationCompleted(let task, let result): write("subOrchestrationCompleted", task, result)
        case .subOrchestrationFailed(let task, let failure): write("subOrchestrationFailed", task, failure)
        case .timerCreated(let fireAt):
            object("timerCreated") { $0.member("fireAt", fireAt.millisecondsSince1970) }
        case .timerFired(let timer, let fireAt):
            object("timerFired") { writer in
                writer.member("timer", timer)
                writer.member("fireAt", fireAt.millisecondsSince1970)
            }
        case .eventSent, .eventRaised, .genericEvent: writeEvent(kind)
        default: writeEntityMessage(kind)
        }
    }

    private mutating func writeEvent(_ kind: HistoryEvent.Kind) {
        switch kind {
        case .eventSent(let event):
            object("eventSent") { writer in
                writer.member("instanceID", event.instanceID)
                writer.member("name", event.name)
                writer.member("input", event.input)
            }
        case .eventRaised(let name, let input):
            object("eventRaised") { writer in
                writer.member("name", name)
                writer.member("input", input)
            }
        case .genericEvent(let data): object("genericEvent") { $0.member("data", data) }
        default: break
        }
    }

    private mutating func write(_ start: ExecutionStarted) {
        object("executionStarted") { writer in
            writer.member("name", start.name)
            writer.member("version", start.version)
            writer.member("input", start.input)
            writer.member("instanceID", start.instanceID)
            writer.member("executionID", start.executionID)
            if let parent = start.parent { writer.write(parent) }
            writer.member("scheduledStart", start.scheduledStart)
            if !start.tags.isEmpty { writer.member("tags", start.tags) }
            if let context = start.traceContext { writer.write(context) }
        }
    }

    private mutating func write(_ parent: ParentInstance) {
        object("parent") { writer in
            writer.member("instanceID", parent.instanceID)
            writer.member("executionID", parent.executionID)
            writer.member("taskID", parent.taskID)
            writer.member("name", parent.name)
        }
    }

    private mutating func write(_ completion: Completion) {
        object("executionCompleted") { writer in
            writer.member("status", completion.status.rawValue)
            writer.member("result", completion.result)
            if let failure = completion.failure { writer.member("failure", failure) }
            writer.member("newVersion", completion.newVersion)
            if !completion.carryover.isEmpty {
                writer.key("carryover")
                writer.write(completion.carryover)
            }
        }
    }

    private mutating func write(_ rewinding: Rewinding) {
        object("executionRewound") { writer in
            writer.member("reason", rewinding.reason)
            writer.member("executionID", rewinding.executionID)
            writer.member("parentExecutionID", rewinding.parentExecutionID)
        }
    }

    private mutating func write(_ call: TaskCall) {
        object("taskScheduled") { writer in
            writer.member("name", call.name)
            writer.member("version", call.version)
            writer.member("input", call.input)
            if let tags = call.tags { writer.member("tags", tags) }
        }
    }

    private mutating func write(_ call: SubOrchestrationCall) {
        object("subOrchestrationCreated") { writer in
            writer.member("instanceID", call.instanceID)
            writer.member("name", call.name)
            writer.member("version", call.version)
            writer.member("input", call.input)
            if let tags = call.tags { writer.member("tags", tags) }
            if let context = call.traceContext { writer.write(context) }
        }
    }

    private mutating func write(_ context: TraceContext) {
        object("traceContext") { writer in
            writer.member("traceparent", context.traceparent)
            writer.member("tracestate", context.state)
        }
    }

    private mutating func write(_ kind: StaticString, _ task: Int, _ result: String?) {
        object(kind) { writer in
            writer.member("task", task)
            writer.member("result", result)
        }
    }

    private mutating func write(_ kind: StaticString, _ task: Int, _ failure: TaskFailure) {
        object(kind) { writer in
            writer.member("task", task)
            writer.member("failure", failure)
        }
    }
}

// What passes between orchestrations and entities.
extension HistoryWriter {
    private mutating func writeEntityMessage(_ kind: HistoryEvent.Kind) {
        switch kind {
        case .entityOperationSignaled(let operation): write("entityOperationSignaled", operation)
        case .entityOperationCalled(let operation): write("entityOperationCalled", operation)
        case .entityOperationCompleted(let request, let output):
            object("entityOperationCompleted") { writer in
                writer.member("requestID", request)
                writer.member("output", output)
            }
        case .entityOperationFailed(let request, let failure):
            object("entityOperationFailed") { writer in
                writer.member("requestID", request)
                writer.member("failure", failure)
            }
        case .entityLockRequested(let request): write(request)
        case .entityLockGranted(let section):
            object("entityLockGranted") { $0.member("criticalSectionID", section) }
        case .entityUnlockSent(let unlock):
            object("entityUnlockSent") { writer in
                writer.member("criticalSectionID", unlock.criticalSectionID)
                writer.member("parentInstanceID", unlock.parentInstanceID)
                writer.member("target", unlock.target)
            }
        default: break
        }
    }

    private mutating func write(_ kind: StaticString, _ operation: EntityOperation) {
        object(kind) { writer in
            writer.member("requestID", operation.requestID)
            writer.member("operation", operation.operation)
            writer.member("scheduledTime", operation.scheduledTime)
            writer.member("input", operation.input)
            writer.member("target", operation.target)
            writer.member("parentInstanceID", operation.parentInstanceID)
            writer.member("parentExecutionID", operation.parentExecutionID)
            if let context = operation.traceContext { writer.write(context) }
        }
    }

    private mutating func write(_ request: EntityLockRequest) {
        object("entityLockRequested") { writer in
            writer.member("criticalSectionID", request.criticalSectionID)
            writer.key("lockSet")
            writer.raw("[")
            for (index, entity) in request.lockSet.enumerated() {
                if index > 0 { writer.raw(",") }
                writer.string(entity)
            }
            writer.raw("]")
            writer.member("position", request.position)
            writer.member("parentInstanceID", request.parentInstanceID)
            writer.member("parentExecutionID", request.parentExecutionID)
        }
    }
}

// JSON's own syntax.
extension HistoryWriter {
    private mutating func object(_ name: StaticString, _ members: (inout HistoryWriter) -> Void) {
        key(name)
        raw("{")
        members(&self)
        raw("}")
    }

    private mutating func member(_ name: StaticString, _ number: some BinaryInteger) {
        key(name)
        raw(String(number))
    }

    private mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    private mutating func member(_ name: StaticString, _ time: Date?) {
        if let time { member(name, time.millisecondsSince1970) }
    }

    private mutating func member(_ name: StaticString, _ texts: [String: String]) {
        object(name) { writer in
            for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
                writer.separate()
                writer.string(name)
                writer.raw(":")
                writer.string(text)
            }
        }
    }

    private mutating func member(_ name: StaticString, _ failure: TaskFailure) {
        object(name) { writer in
            writer.member("type", failure.type)
            writer.member("message", failure.message)
            if !failure.details.isEmpty { writer.member("details", failure.details) }
            if !failure.isRetriable {
                writer.key("nonRetriable")
                writer.raw("true")
            }
            if let cause = failure.cause { writer.member("cause", cause) }
        }
    }

    private mutating func key(_ name: StaticString) {
        separate()
        raw("\"\(name)\":")
    }

    private mutating func separate() {
        if bytes.last != UInt8(ascii: "{") { raw(",") }
    }

    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func string(_ text: String) {
        raw("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20: raw("\\u00" + hex([byte]))
            default: bytes.append(byte)
            }
        }
        raw("\"")
    }
}
