// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// What a worker said that it can run: everything if it said nothing.
struct WorkerFilters: Sendable {
    let orchestrations: WorkFilter
    let activities: WorkFilter
    let entities: WorkFilter

    init(_ filters: Wire.WorkItemFilters?) {
        orchestrations = WorkFilter(filters?.orchestrations.map { ($0.name, $0.versions) })
        activities = WorkFilter(filters?.activities.map { ($0.name, $0.versions) })
        entities = WorkFilter(filters?.entities.map { ($0.name, []) })
    }
}

extension WorkFilter {
    /// Names, and the versions of each that are wanted; nil lets everything through.
    fileprivate init(_ entries: [(name: String, versions: [String])]?) {
        guard let entries else {
            self = .all
            return
        }
        self = .versions(Dictionary(entries.map { ($0.name.lowercased(), Set($0.versions)) }) { $0.union($1) })
    }

    /// Whether nothing gets through.
    var isEmpty: Bool { self == .versions([:]) }
}
