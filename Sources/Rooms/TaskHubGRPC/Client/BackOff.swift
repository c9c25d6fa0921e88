// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How long to wait between attempts: anything up to a bound that doubles with each failure, so that many callers who
/// failed together do not come back together.
struct BackOff: Sendable {
    /// The bound after the first failure.
    var base: Duration
    /// The highest bound.
    var cap: Duration
    private(set) var failures = 0

    init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// The bound of the next wait.
    var bound: Duration { min(cap, base * (1 << min(failures, 20))) }

    /// The wait after another failure.
    ///
    /// - Parameter chance: From 0 to 1.
    mutating func next(_ chance: Double = .random(in: 0...1)) -> Duration {
        defer { failures += 1 }
        return bound * chance
    }

    /// Forgets the failures.
    mutating func reset() { failures = 0 }
}
