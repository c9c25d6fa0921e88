// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// What a worker said that it can run.
struct WorkerFilters: Sendable {
    let orchestrations: NameFilter
    let activities: NameFilter
    let entities: NameFilter

    init(_ filters: Wire.WorkItemFilters?) {
        orchestrations = NameFilter(filters?.orchestrations.map { ($0.name, $0.versions) })
        activities = NameFilter(filters?.activities.map { ($0.name, $0.versions) })
        entities = NameFilter(filters?.entities.map { ($0.name, []) })
    }
}

/// Names, and the versions of each that are wanted.
struct NameFilter: Sendable {
    /// The versions by name in lower case; none means any; nil lets everything through.
    private let versions: [String: Set<String>]?

    init(_ entries: [(name: String, versions: [String])]?) {
        versions = entries.map { entries in
            Dictionary(entries.map { ($0.name.lowercased(), Set($0.versions)) }) { $0.union($1) }
        }
    }

    /// What the hub can choose by: the names.
    var names: WorkFilter { versions.map { .only(Set($0.keys)) } ?? .all }

    /// Whether nothing gets through.
    var isClosed: Bool { versions?.isEmpty == true }

    /// Whether the worker takes this version of something that the hub chose by its name.
    func admits(_ name: String, version: String?) -> Bool {
        guard let wanted = versions?[name.lowercased()], !wanted.isEmpty else { return true }
        return wanted.contains(version ?? "")
    }
}
