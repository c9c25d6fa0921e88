// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What came back undone over a stream and is not handed out again yet.
struct RestingWork: Sendable {
    /// An item that rests.
    struct Rest: Sendable {
        let item: LentItem
        let until: ContinuousClock.Instant
        /// Why it was not done, if the item may be to blame.
        let reason: String?
    }

    private var rests: [Rest] = []
    /// Whether the stream has ended, so that nobody would wake what rests.
    private(set) var hasEnded = false

    /// - Returns: false when the stream has ended.
    mutating func add(_ rest: Rest) -> Bool {
        guard !hasEnded else { return false }
        rests.append(rest)
        return true
    }

    /// When the first is over; nil while nothing rests.
    var firstEnd: ContinuousClock.Instant? { rests.lazy.map(\.until).min() }

    /// Takes what has rested enough.
    mutating func takeDue(at now: ContinuousClock.Instant) -> [Rest] {
        let due = rests.filter { $0.until <= now }
        rests.removeAll { $0.until <= now }
        return due
    }

    /// The stream ends: takes everything, and nothing more.
    mutating func end() -> [Rest] {
        defer { rests = [] }
        hasEnded = true
        return rests
    }
}
