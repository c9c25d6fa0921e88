// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// How many runs of an activity a worker begins in a span of time.
public struct ActivityRate: Sendable, Equatable {
    /// How many runs begin within ``span`` in the long run.
    public var count: Int
    /// The span of time.
    public var span: Duration
    /// How many may begin at once after a quiet time.
    public var burst: Int

    /// A rate, as 100 in a minute, by default without bursts beyond one run.
    public init(_ count: Int, in span: Duration, burst: Int = 1) {
        precondition(count > 0 && span > .zero && burst > 0, "a rate lets something run")
        self.count = count
        self.span = span
        self.burst = burst
    }
}

/// Lets so many through in a span of time: a bucket that fills with tokens at an even pace.
///
/// It keeps the moment at which it was, or will be, empty; all else follows from that.
struct TokenBucket {
    /// The time that one token takes.
    private let interval: Double
    private let burst: Double
    private var emptyAt = Date.distantPast

    init(_ rate: ActivityRate) {
        interval = Double(rate.span.wholeMilliseconds) / 1000 / Double(rate.count)
        burst = Double(rate.burst)
    }

    /// When the next token is there; not after `now` if one is there already.
    func nextToken(at now: Date) -> Date {
        max(emptyAt, now.addingTimeInterval(-interval * burst)).addingTimeInterval(interval)
    }

    /// Takes a token, on credit if none is there.
    mutating func take(at now: Date) {
        emptyAt = nextToken(at: now)
    }
}
