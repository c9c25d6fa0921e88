// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// What a connection has prepared.
///
/// One statement has several variants when a parameter is a number in one call and text in another. Those that were not
/// used for the longest time give way to new ones.
struct StatementCache {
    /// A statement under its name on the server.
    struct Prepared {
        let name: String
        let text: String
        let types: [WireType]

        /// Whether these values can be sent with it; no value fits every type.
        func takes(_ values: [SQLValue]) -> Bool {
            zip(types, values).allSatisfy { $1 == .null || $0 == WireType(for: $1) }
        }
    }

    private struct Entry {
        let text: StatementText
        var variants: [Prepared] = []
        var lastUse = 0
    }

    private let limit: Int
    private var entries: [String: Entry] = [:]
    private var variantCount = 0
    private var uses = 0
    private var names = 0
    /// Names of statements that were dropped here and that the server still holds.
    private(set) var retired: [String] = []

    /// A cache of at most `limit` variants.
    init(limit: Int) { self.limit = limit }

    /// How many variants are kept.
    var count: Int { variantCount }

    /// How many parameters a statement takes.
    mutating func parameterCount(of sql: String) -> Int { entry(for: sql).text.parameterCount }

    /// The variant for these values, and whether it must be prepared first.
    mutating func statement(_ sql: String, for values: [SQLValue]) -> (prepared: Prepared, isNew: Bool) {
        var entry = entry(for: sql)
        defer { entries[sql] = entry }
        if let known = entry.variants.first(where: { $0.takes(values) }) { return (known, false) }
        names += 1
        let types = values.enumerated().map { index, value in
            // A place that is empty this time keeps the type it had, so that variants do not multiply.
            value == .null ? entry.variants.last?.types[index] ?? .inferred : WireType(for: value)
        }
        let prepared = Prepared(name: "s\(names)", text: entry.text.text, types: types)
        entry.variants.append(prepared)
        variantCount += 1
        return (prepared, true)
    }

    /// Drops variants that the server did not prepare.
    mutating func forget(_ names: Set<String>) {
        guard !names.isEmpty else { return }
        for (sql, entry) in entries where entry.variants.contains(where: { names.contains($0.name) }) {
            let kept = entry.variants.filter { !names.contains($0.name) }
            variantCount -= entry.variants.count - kept.count
            entries[sql]?.variants = kept
        }
        retired.removeAll(where: names.contains)
    }

    /// Drops what a statement was prepared as, because the tables have changed under it.
    mutating func drop(_ sql: String) {
        guard let entry = entries.removeValue(forKey: sql) else { return }
        variantCount -= entry.variants.count
        retired += entry.variants.map(\.name)
    }

    /// Makes room again after an exchange.
    mutating func trim() {
        // A statement that was never prepared has an entry too.
        while max(variantCount, entries.count) > limit,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            drop(oldest.key)
        }
    }

    /// The server has let go of a retired statement.
    mutating func released(_ name: String) { retired.removeAll { $0 == name } }

    private mutating func entry(for sql: String) -> Entry {
        uses += 1
        var entry = entries[sql] ?? Entry(text: StatementText(sql))
        entry.lastUse = uses
        entries[sql] = entry
        return entry
    }
}
