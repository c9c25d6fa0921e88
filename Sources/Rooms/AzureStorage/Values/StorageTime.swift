// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A moment, in the service's own resolution of 100 nanoseconds since the year 1 (UTC).
///
/// ETags are made of it and snapshots are named by it, so it is a whole number and not a floating-point one.
public struct StorageTime: Sendable, Hashable, Comparable, Codable {
    /// 100-nanosecond steps since 0001-01-01T00:00:00Z.
    public let ticks: Int64

    private static let ticksPerSecond: Int64 = 10_000_000
    private static let secondsToUnixEpoch: Int64 = 62_135_596_800

    /// The moment of this many ticks.
    public init(ticks: Int64) { self.ticks = ticks }

    /// The moment of this many milliseconds since 1970.
    public init(unixMilliseconds: Int64) {
        ticks = Self.secondsToUnixEpoch * Self.ticksPerSecond + unixMilliseconds * 10_000
    }

    /// The moment of this many seconds since 1970.
    public init(unixSeconds: Int64) {
        ticks = (Self.secondsToUnixEpoch + unixSeconds) * Self.ticksPerSecond
    }

    /// The system clock's reading.
    public static func now() -> StorageTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let seconds = secondsToUnixEpoch + Int64(time.tv_sec)
        return StorageTime(ticks: seconds * ticksPerSecond + Int64(time.tv_nsec) / 100)
    }

    /// Seconds since 1970, the fraction dropped.
    public var unixSeconds: Int64 { Self.floorDivide(ticks, Self.ticksPerSecond) - Self.secondsToUnixEpoch }

    /// Milliseconds since 1970, the fraction dropped.
    public var unixMilliseconds: Int64 { Self.floorDivide(ticks, 10_000) - Self.secondsToUnixEpoch * 1_000 }

    /// The part below the second, in ticks.
    public var fraction: Int64 { ticks - Self.floorDivide(ticks, Self.ticksPerSecond) * Self.ticksPerSecond }

    /// The same moment with the part below the second dropped, as HTTP dates carry it.
    public var wholeSecond: StorageTime { StorageTime(ticks: ticks - fraction) }

    /// The moment this much later.
    public static func + (time: StorageTime, delay: Duration) -> StorageTime {
        let (seconds, attoseconds) = delay.components
        return StorageTime(ticks: time.ticks + seconds * ticksPerSecond + attoseconds / 100_000_000_000)
    }

    /// The moment this much earlier.
    public static func - (time: StorageTime, delay: Duration) -> StorageTime { time + (.zero - delay) }

    /// Whether `left` was first.
    public static func < (left: StorageTime, right: StorageTime) -> Bool { left.ticks < right.ticks }

    private static func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
        number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
    }
}
