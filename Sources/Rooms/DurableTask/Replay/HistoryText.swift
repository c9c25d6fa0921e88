// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Events as the JSON text that stores keep, and that ``HistoryCheck`` takes.
public enum HistoryText {
    /// The JSON text of an array of events.
    public static func encode(_ events: [HistoryEvent]) -> String {
        var writer = HistoryWriter()
        writer.write(events)
        return writer.text
    }

    /// The JSON text of one event.
    package static func encode(_ event: HistoryEvent) -> String {
        var writer = HistoryWriter()
        writer.write(event)
        return writer.text
    }

    /// The events of a JSON array.
    ///
    /// - Throws: ``TaskHubError`` `corrupt` when it is no history that this version knows.
    public static func decode(_ text: String) throws -> [HistoryEvent] { try decode([HistoryEvent].self, text) }

    /// One event.
    ///
    /// - Throws: ``TaskHubError`` `corrupt` when it is no event that this version knows.
    package static func decodeEvent(_ text: String) throws -> HistoryEvent { try decode(HistoryEvent.self, text) }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw TaskHubError(
                .corrupt, "a stored history cannot be read: \(error); was it written by a newer version?")
        }
    }
}
