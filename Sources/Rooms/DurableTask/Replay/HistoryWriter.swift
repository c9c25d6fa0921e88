// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

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
        switch event.kind {
        case .orchestratorStarted: object("orchestratorStarted") { _ in }
        case .executionStarted(let start): write(start)
        case .executionCompleted(let completion): write(completion)
        case .executionTerminated(let reason): object("executionTerminated") { $0.member("reason", reason) }
        case .taskScheduled(let call): write(call)
        case .taskCompleted(let task, let result):
            object("taskCompleted") { writer in
                writer.member("task", task)
                writer.member("result", result)
            }
        case .taskFailed(let task, let failure):
            object("taskFailed") { writer in
                writer.member("task", task)
                writer.member("failure", failure)
            }
        case .timerCreated(let fireAt):
            object("timerCreated") { $0.member("fireAt", fireAt.millisecondsSince1970) }
        case .timerFired(let timer, let fireAt):
            object("timerFired") { writer in
                writer.member("timer", timer)
                writer.member("fireAt", fireAt.millisecondsSince1970)
            }
        case .genericEvent(let data): object("genericEvent") { $0.member("data", data) }
        }
        raw("}")
    }

    private mutating func write(_ start: ExecutionStarted) {
        object("executionStarted") { writer in
            writer.member("name", start.name)
            writer.member("input", start.input)
            writer.member("instanceID", start.instanceID)
            writer.member("executionID", start.executionID)
        }
    }

    private mutating func write(_ completion: Completion) {
        object("executionCompleted") { writer in
            writer.member("status", completion.status.rawValue)
            writer.member("result", completion.result)
            if let failure = completion.failure { writer.member("failure", failure) }
        }
    }

    private mutating func write(_ call: TaskCall) {
        object("taskScheduled") { writer in
            writer.member("name", call.name)
            writer.member("input", call.input)
            if let tags = call.tags { writer.member("tags", tags) }
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
