// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A time zone by its name in the IANA database, as the system has it, or by its distance from UTC.
///
/// FoundationEssentials knows only distances; names would need whole Foundation with its ICU. The system's compiled
/// files (RFC 8536) hold all that schedules need.
public struct ScheduleTimeZone: Sendable, Hashable {
    /// `Europe/Berlin`, `UTC`, `+05:30`.
    public let name: String
    /// Seconds east of UTC before the first change.
    private let firstOffset: Int
    private let changes: [Change]

    /// From a moment on, in seconds since 1970, clocks show UTC plus this many seconds.
    struct Change: Sendable, Hashable {
        var time: Int
        var offset: Int
    }

    /// Coordinated Universal Time.
    public static let utc = ScheduleTimeZone(name: "UTC", firstOffset: 0, changes: [])

    /// The zone of a name.
    ///
    /// - Throws: ``InvalidSchedule`` when the system's database has no such zone.
    public init(_ name: String) throws {
        if ["UTC", "GMT", "Z"].contains(name.uppercased()) {
            self = .utc
        } else if let offset = Self.offset(name) {
            self.init(name: name, firstOffset: offset, changes: [])
        } else {
            let file = try TimeZoneFile(named: name)
            self.init(name: name, firstOffset: file.firstOffset, changes: file.changes)
        }
    }

    init(name: String, firstOffset: Int, changes: [Change]) {
        self.name = name
        self.firstOffset = firstOffset
        self.changes = changes
    }

    /// `±hh:mm` in seconds.
    private static func offset(_ text: String) -> Int? {
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard let sign = text.first, sign == "+" || sign == "-", parts.count == 2,
            parts.allSatisfy({ $0.count == 2 }), let hours = Int(parts[0]), let minutes = Int(parts[1]),
            (0...15).contains(hours), (0...59).contains(minutes)
        else { return nil }
        return (hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
    }

    /// A time in which clocks keep their distance from UTC.
    struct Period {
        /// Nil when it has no beginning.
        var start: Int?
        /// Nil when it has no end.
        var end: Int?
        /// Seconds east of UTC.
        var offset: Int
        /// What the offset was before.
        var offsetBefore: Int
        /// What the offset will be after.
        var offsetAfter: Int
    }

    /// The period that a moment is in.
    func period(at time: Int) -> Period {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        let offset = low == 0 ? firstOffset : changes[low - 1].offset
        return Period(
            start: low == 0 ? nil : changes[low - 1].time, end: low == changes.count ? nil : changes[low].time,
            offset: offset, offsetBefore: low < 2 ? firstOffset : changes[low - 2].offset,
            offsetAfter: low == changes.count ? offset : changes[low].offset)
    }
}

extension ScheduleTimeZone: Codable {
    /// Reads a name.
    ///
    /// - Throws: `DecodingError`; ``InvalidSchedule`` when the system's database has no such zone.
    public init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
