// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What the engine writes into a history for itself, as generic events, which no other engine looks at.
package enum HistoryNote: Equatable {
    /// The instance runs the code behind a change; see ``OrchestrationContext/patched(_:)``.
    case patched(String)
    /// The run that ids and random numbers are made from, since the instance was rewound.
    case seed(String)
    /// The highest action id that the instance used before it was rewound.
    case used(Int)

    /// The event that carries the note.
    package var event: HistoryEvent.Kind {
        switch self {
        case .patched(let change): .genericEvent("patched:\(change)")
        case .seed(let run): .genericEvent("seed:\(run)")
        case .used(let id): .genericEvent("used:\(id)")
        }
    }

    /// Reads a note; nil for every other event.
    package init?(_ event: HistoryEvent.Kind) {
        guard case .genericEvent(let text) = event, let colon = text.firstIndex(of: ":") else { return nil }
        let value = String(text[text.index(after: colon)...])
        switch text[..<colon] {
        case "patched": self = .patched(value)
        case "seed": self = .seed(value)
        case "used":
            guard let id = Int(value) else { return nil }
            self = .used(id)
        default: return nil
        }
    }

    /// Whether the note says where ids and random numbers come from.
    var isSeed: Bool {
        if case .seed = self { return true }
        return false
    }
}
