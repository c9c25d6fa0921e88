// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A part of a list that fits into a message, put together from smaller parts, so that little more is in memory than
/// goes out.
struct Page<Row: Sendable>: Sendable {
    private(set) var rows: [Row] = []
    /// Where the next page begins; nil at the end.
    private(set) var next: String?
    private var bytes = 0

    /// Puts a page together.
    ///
    /// - Parameters:
    ///   - after: Where it begins; nil for the beginning.
    ///   - size: How many bytes a row takes.
    ///   - fetch: Reads so many rows from there on, and says where they end.
    static func gather(
        within bounds: PageBounds, after: String?, size: (Row) -> Int,
        fetch: (_ count: Int, _ after: String?) async throws -> (rows: [Row], next: String?)
    ) async throws -> Page {
        var page = Page(next: after)
        repeat {
            let part = try await fetch(min(bounds.step, bounds.rows - page.rows.count), page.next)
            let count = page.fitting(part.rows, size, within: bounds.bytes)
            guard count == part.rows.count else {
                // Read again: only the list knows where so many rows end.
                if count > 0 { page.add(try await fetch(count, page.next), size) }
                return page
            }
            page.add(part, size)
        } while page.next != nil && page.rows.count < bounds.rows
        return page
    }

    private init(next: String?) { self.next = next }

    private func fitting(_ part: [Row], _ size: (Row) -> Int, within most: Int) -> Int {
        var sum = bytes
        for (index, row) in part.enumerated() {
            sum += size(row)
            if sum > most, index > 0 || !rows.isEmpty { return index }
        }
        return part.count
    }

    private mutating func add(_ part: (rows: [Row], next: String?), _ size: (Row) -> Int) {
        rows += part.rows
        bytes += part.rows.reduce(0) { $0 + size($1) }
        next = part.next
    }
}

/// How a page is put together.
struct PageBounds: Sendable {
    /// How many rows it has at most.
    var rows: Int
    /// How many bytes they take at most; one row may take more.
    var bytes: Int
    /// How many rows are read at once.
    var step: Int
}

extension TaskHubServiceConfiguration {
    /// A page of so many rows, or as many as a message takes; a row may be as large as its payloads.
    func page(of rows: Int, withPayloads: Bool) -> PageBounds {
        PageBounds(
            rows: max(1, min(rows, pageRows)), bytes: messageBytes / 2, step: withPayloads ? 16 : pageRows)
    }
}
