// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The events that an instance was told and nobody consumed yet, and who waits for which.
///
/// Names are compared without case; events of one name are consumed in the order in which they came, by those who
/// wait in the order in which they began to.
struct EventInbox {
    private struct Letter {
        var number: Int
        var event: HistoryEvent
        var input: String?
    }

    private var letters: [String: FIFO<Letter>] = [:]
    /// The waits in their order, with those that were forgotten since.
    private var listeners: [String: FIFO<Int>] = [:]
    /// The names that are waited for, as they were written.
    private var waiting: [Int: String] = [:]
    private var received = 0
    private var tickets = 0

    /// A number for a wait.
    mutating func takeTicket() -> Int {
        defer { tickets += 1 }
        return tickets
    }

    /// Puts a wait at the end of the line for events of this name.
    mutating func listen(_ name: String, _ ticket: Int) {
        listeners[name.lowercased(), default: FIFO()].append(ticket)
        waiting[ticket] = name
    }

    /// Takes a wait out of its line, so that it swallows no event.
    mutating func forget(_ ticket: Int) { waiting[ticket] = nil }

    /// The events that are waited for, in the order of the waits.
    var awaited: [String] { waiting.sorted { $0.key < $1.key }.map(\.value) }

    /// Keeps an event, or says whose wait it ends.
    mutating func put(_ name: String, _ input: String?, at time: Date) -> Int? {
        let key = name.lowercased()
        while let ticket = listeners[key]?.popFirst() {
            if waiting.removeValue(forKey: ticket) != nil { return ticket }
        }
        let event = HistoryEvent(at: time, .eventRaised(name: name, input: input))
        letters[key, default: FIFO()].append(Letter(number: received, event: event, input: input))
        received += 1
        return nil
    }

    /// Takes the oldest event of this name; the outer optional says whether there is one.
    mutating func take(_ name: String) -> String?? {
        guard let letter = letters[name.lowercased()]?.popFirst() else { return nil }
        return .some(letter.input)
    }

    /// What nobody consumed, in the order in which it came.
    var unconsumed: [HistoryEvent] {
        letters.values.flatMap(\.all).sorted { $0.number < $1.number }.map(\.event)
    }
}
