// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What the engine writes into a history for itself, as generic events, which no other engine looks at.
package enum HistoryNote: Equatable {
    /// The instance runs the code behind a change; see ``OrchestrationContext/patched(_:)``.
    case patched(String)

    /// The event that carries the note.
    package var event: HistoryEvent.Kind {
        switch self {
        case .patched(let change): .genericEvent("patched:\(change)")
        }
    }

    /// Reads a note; nil for every other event.
    package init?(_ event: HistoryEvent.Kind) {
        guard case .genericEvent(let text) = event, let colon = text.firstIndex(of: ":") else { return nil }
        let value = String(text[text.index(after: colon)...])
        switch text[..<colon] {
        case "patched": self = .patched(value)
        default: return nil
        }
    }
}
