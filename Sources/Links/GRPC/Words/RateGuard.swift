// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// So many events at once, and so many a second in the long run.
struct RateGuard {
    private let burst: Double
    private let perMillisecond: Double
    private var level = 0.0
    private var last: Int64 = 0

    init(burst: Int, perSecond: Int) {
        self.burst = Double(burst)
        perMillisecond = Double(perSecond) / 1000
    }

    /// Forgets the events so far.
    mutating func reset() { level = 0 }

    /// Counts an event.
    ///
    /// - Parameter now: The time in milliseconds.
    /// - Returns: false when there were too many.
    mutating func admit(at now: Int64) -> Bool {
        level = max(0, level - Double(max(0, now - last)) * perMillisecond) + 1
        last = now
        return level <= burst
    }
}
