// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How the table of histories names an instance.
struct HistoryKey: Sendable {
    /// A condition: the row `h` of a history is one of the row `i` of an instance.
    let condition: String
    /// Deletes the history of the instance with an id.
    let deletion: String
    /// Appends to the history of the instance with an id.
    let insertion: RowStatement

    /// By its id.
    static let id = HistoryKey(column: "instance_id", ofRow: "id", place: "?")

    /// By its number: instances that run at the same time have numbers next to each other, and so their histories share
    /// pages of the index, whatever their ids.
    static let number = HistoryKey(
        column: "instance", ofRow: "sequence", place: "(SELECT sequence FROM hub_instance WHERE id = ?)")

    private init(column: String, ofRow: String, place: String) {
        condition = "h.\(column) = i.\(ofRow)"
        deletion = "DELETE FROM hub_history WHERE \(column) = \(place)"
        insertion = .insert(
            into: "hub_history", [.text(column, as: place), .integer("position"), .text("events")])
    }
}
