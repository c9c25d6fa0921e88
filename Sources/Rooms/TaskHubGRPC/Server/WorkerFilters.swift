// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// What a worker said that it can run: everything if it said nothing.
struct WorkerFilters: Sendable {
    let orchestrations: WorkFilter
    let activities: WorkFilter
    let entities: WorkFilter

    /// - Parameter most: How many names, and versions of them, there may be of each kind.
    /// - Throws: ``ProtocolError`` when the worker says too much.
    init(_ filters: Wire.WorkItemFilters?, most: Int) throws {
        orchestrations = try WorkFilter(filters?.orchestrations.map { ($0.name, $0.versions) }, most)
        activities = try WorkFilter(filters?.activities.map { ($0.name, $0.versions) }, most)
        entities = try WorkFilter(filters?.entities.map { ($0.name, []) }, most)
    }
}

extension WorkFilter {
    /// Names, and the versions of each that are wanted; nil lets everything through.
    fileprivate init(_ entries: [(name: String, versions: [String])]?, _ most: Int) throws {
        guard let entries else {
            self = .all
            return
        }
        let count = entries.reduce(0) { $0 + 1 + $1.versions.count }
        guard count <= most else {
            throw ProtocolError("a filter has \(count) names and versions, the limit is \(most)")
        }
        for entry in entries {
            _ = try entry.name.checked("a name in a filter")
            for version in entry.versions { _ = try version.checked("a version in a filter") }
        }
        // Twice the same name: the versions of both, and any is more than some.
        self = .versions(
            Dictionary(entries.map { ($0.name, Set($0.versions)) }) { $0.isEmpty || $1.isEmpty ? [] : $0.union($1) })
    }

    /// Whether nothing gets through.
    var isEmpty: Bool { self == .versions([:]) }
}
