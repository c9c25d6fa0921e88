// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A compiled time zone (RFC 8536): the changes that are known, and the rule by which they go on.
struct TimeZoneFile {
    /// Changes that follow from the rule are written out until then.
    private static let lastYear = 2200
    private static let folder = "/usr/share/zoneinfo"

    private(set) var firstOffset = 0
    private(set) var changes: [ScheduleTimeZone.Change] = []

    /// Reads a zone of the system's database: a few kilobytes that are nearly always in memory.
    ///
    /// - Throws: ``InvalidSchedule``.
    init(named name: String) throws {
        let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/_+-".contains($0)) }
        guard isName, !name.isEmpty, !name.hasPrefix("/"),
            let data = FileManager.default.contents(atPath: "\(Self.folder)/\(name)")
        else {
            throw InvalidSchedule(
                """
                there is no time zone \"\(name)\" in \(Self.folder); take a name like Europe/Berlin, UTC or +01:00, \
                and install the system's tzdata
                """)
        }
        guard let file = TimeZoneFile(Array(data)) else {
            throw InvalidSchedule("what \(Self.folder) has as \"\(name)\" is not a time zone")
        }
        self = file
    }

    /// Reads the bytes of a file; nil when it is not one, or one of the first version, which ends in 2037.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let first = Header(&reader), first.version >= 2, reader.skip(first.size(timeBytes: 4)),
            let header = Header(&reader), readChanges(header, &reader)
        else { return nil }
        if let rule = footer(&reader).flatMap(TimeZoneRule.init) {
            append(rule)
        }
    }

    private struct Header {
        var version: Int
        var times: Int
        var types: Int
        /// Bytes of names, leap seconds, and flags that tell how times were written.
        var names: Int
        var leaps: Int
        var flags: Int

        init?(_ reader: inout ByteReader) {
            guard reader.take(4).elementsEqual("TZif".utf8), let version = reader.take(1).first else { return nil }
            self.version = version >= 0x32 ? 2 : 1
            guard reader.skip(15), let utFlags = reader.number(4), let standardFlags = reader.number(4),
                let leaps = reader.number(4), let times = reader.number(4), let types = reader.number(4),
                let names = reader.number(4), types > 0
            else { return nil }
            (self.leaps, self.times, self.types, self.names) = (leaps, times, types, names)
            flags = utFlags + standardFlags
        }

        func size(timeBytes: Int) -> Int { times * (timeBytes + 1) + types * 6 + rest(timeBytes: timeBytes) }

        func rest(timeBytes: Int) -> Int { names + leaps * (timeBytes + 4) + flags }
    }

    private mutating func readChanges(_ header: Header, _ reader: inout ByteReader) -> Bool {
        let times = (0..<header.times).compactMap { _ in reader.number(8) }
        let indices = reader.take(header.times)
        let offsets = (0..<header.types).compactMap { _ -> Int? in
            defer { _ = reader.skip(2) }
            return reader.number(4)
        }
        guard times.count == header.times, indices.count == header.times, offsets.count == header.types,
            indices.allSatisfy({ Int($0) < offsets.count }), reader.skip(header.rest(timeBytes: 8))
        else { return false }
        firstOffset = offsets[0]
        changes = zip(times, indices).map { ScheduleTimeZone.Change(time: $0, offset: offsets[Int($1)]) }
        return true
    }

    private func footer(_ reader: inout ByteReader) -> String? {
        guard reader.take(1).first == 0x0a else { return nil }
        return String(decoding: reader.take(while: { $0 != 0x0a }), as: UTF8.self)
    }

    private mutating func append(_ rule: TimeZoneRule) {
        let last = changes.last?.time ?? 0
        let firstYear = CivilTime(secondsSince1970: last).date.year
        for year in firstYear...max(firstYear, Self.lastYear) {
            changes += rule.changes(in: year).filter { $0.time > last }
        }
    }
}

/// Takes bytes from the front; big-endian numbers are signed.
private struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func take(while isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        take(rest.prefix(while: isWanted).count)
    }

    mutating func skip(_ count: Int) -> Bool { count >= 0 && take(count).count == count }

    mutating func number(_ byteCount: Int) -> Int? {
        let bytes = take(byteCount)
        guard bytes.count == byteCount else { return nil }
        let bits = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return byteCount == 4 ? Int(Int32(truncatingIfNeeded: bits)) : Int(Int64(bitPattern: bits))
    }
}
