// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The rule by which a time zone changes every year, in the notation of POSIX: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct TimeZoneRule: Equatable {
    /// Seconds east of UTC.
    var standardOffset: Int
    /// What holds in summer; nil when nothing changes.
    var summer: Summer?

    struct Summer: Equatable {
        var offset: Int
        var start: Moment
        var end: Moment
    }

    /// A time of a year on the clocks that hold before it.
    struct Moment: Equatable {
        var day: Day
        /// Seconds since that day's midnight; may lie outside the day.
        var second: Int
    }

    enum Day: Equatable {
        /// The nth of a weekday (0 is Sunday) in a month; the fifth is the last.
        case weekday(month: Int, week: Int, weekday: Int)
        /// From 1 to 365, February 29 never counted.
        case ofCommonYear(Int)
        /// From 0 to 365, February 29 counted.
        case ofYear(Int)
    }

    /// Reads the notation; nil when it is not one.
    init?(_ text: String) {
        var parser = Parser(text)
        guard parser.skipName(), let standard = parser.clock() else { return nil }
        standardOffset = -standard
        if parser.isAtEnd { return }
        guard parser.skipName() else { return nil }
        let offset = parser.next == "," ? standardOffset + 3600 : parser.clock().map { -$0 }
        guard let offset, let start = parser.moment(), let end = parser.moment(), parser.isAtEnd else { return nil }
        summer = Summer(offset: offset, start: start, end: end)
    }

    /// The changes of a year in their order.
    func changes(in year: Int) -> [ScheduleTimeZone.Change] {
        guard let summer else { return [] }
        let start = ScheduleTimeZone.Change(
            time: summer.start.second(in: year) - standardOffset, offset: summer.offset)
        let end = ScheduleTimeZone.Change(
            time: summer.end.second(in: year) - summer.offset, offset: standardOffset)
        return start.time < end.time ? [start, end] : [end, start]
    }

    private struct Parser {
        private var rest: Substring

        init(_ text: String) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }
        var next: Character? { rest.first }

        /// Letters, or anything in angle brackets.
        mutating func skipName() -> Bool {
            if skip("<") {
                rest = rest.drop { $0 != ">" }
                return skip(">")
            }
            let name = rest.prefix(while: \.isLetter)
            rest = rest.dropFirst(name.count)
            return name.count >= 3
        }

        /// `[+-]h[:m[:s]]` in seconds.
        mutating func clock() -> Int? {
            let isNegative = skip("-")
            if !isNegative { _ = skip("+") }
            guard var seconds = number().map({ $0 * 3600 }) else { return nil }
            for unit in [60, 1] where skip(":") {
                guard let part = number() else { return nil }
                seconds += part * unit
            }
            return isNegative ? -seconds : seconds
        }

        mutating func moment() -> Moment? {
            guard skip(","), let day = day() else { return nil }
            guard skip("/") else { return Moment(day: day, second: 7_200) }
            return clock().map { Moment(day: day, second: $0) }
        }

        private mutating func day() -> Day? {
            if skip("J") { return number().map { .ofCommonYear($0) } }
            guard skip("M") else { return number().map { .ofYear($0) } }
            guard let month = number(), skip("."), let week = number(), skip("."), let weekday = number(),
                (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }

        private mutating func skip(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest = rest.dropFirst()
            return true
        }

        private mutating func number() -> Int? {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            return Int(digits)
        }
    }
}

extension TimeZoneRule.Moment {
    /// Seconds since 1970 on the clocks of the place.
    fileprivate func second(in year: Int) -> Int { firstDay(in: year) * 86_400 + second }

    private func firstDay(in year: Int) -> Int {
        let newYear = CivilTime(year: year, month: 1, day: 1)
        switch day {
        case .ofYear(let day): return newYear.day + day
        case .ofCommonYear(let day):
            let isLeap = CivilTime(year: year, month: 3, day: 1).day - newYear.day == 60
            return newYear.day + day - 1 + (isLeap && day >= 60 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let first = CivilTime(year: year, month: month, day: 1)
            let match = first.day + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
            return match < first.nextMonth.day ? match : match - 7
        }
    }
}
