// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Timers in the order of their times; what became of one is noticed when it is come upon.
struct TimerOrder {
    struct Entry {
        /// The time.
        var order: Int64
        var sequence: Int64
        /// The instance.
        var id: String
    }

    private var entries: [Entry] = []

    mutating func insert(_ entry: Entry) {
        entries.insert(entry, at: index { ($0.order, $0.sequence) > (entry.order, entry.sequence) })
    }

    /// The first timer after a time that is still there.
    mutating func first(after time: Int64, where isThere: (Entry) -> Bool) -> Entry? {
        let begin = index { $0.order > time }
        let found = entries[begin...].firstIndex(where: isThere) ?? entries.count
        entries.removeSubrange(begin..<found)
        return begin < entries.count ? entries[begin] : nil
    }

    /// The timers after `begin` and not after `end` that are still there; the others are forgotten.
    mutating func all(after begin: Int64, until end: Int64, where isThere: (Entry) -> Bool) -> [Entry] {
        let range = index { $0.order > begin }..<index { $0.order > max(begin, end) }
        let found = entries[range].filter(isThere)
        entries.replaceSubrange(range, with: found)
        return found
    }

    /// The first place whose entry, and each after it, is so.
    private func index(where isSo: (Entry) -> Bool) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if isSo(entries[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
