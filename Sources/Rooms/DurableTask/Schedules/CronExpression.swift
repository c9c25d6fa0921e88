// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Times of the calendar in the notation of cron.
///
/// Five fields (minute, hour, day of the month, month, day of the week) or six, with seconds before them. A field is
/// `*`, a number, a range `9-17`, any of them with a step (`*/15`, `9-17/2`, `5/10` for 5, 15, 25…), or a list of
/// those. Months and days of the week have English names of three letters; Sunday is 0 and 7. When neither the day of
/// the month nor the day of the week begins with `*`, one of them suffices. `@yearly`, `@monthly`, `@weekly`,
/// `@daily` and `@hourly` stand for what they say.
public struct CronExpression: Sendable, Hashable {
    /// The notation it was read from.
    public let text: String
    private let seconds: CronField
    private let minutes: CronField
    private let hours: CronField
    private let days: CronField
    private let months: CronField
    private let weekdays: CronField

    /// Reads the notation.
    ///
    /// - Throws: ``InvalidSchedule`` that names the field and what is wrong with it.
    public init(_ text: String) throws {
        let expanded = try Self.expand(text)
        var fields = expanded.split(whereSeparator: \.isWhitespace).map(String.init)
        if fields.count == 5 { fields.insert("0", at: 0) }
        guard fields.count == 6 else {
            throw InvalidSchedule(
                "\"\(text)\" has \(fields.count) fields; a cron expression has five, or six with seconds")
        }
        self.text = text
        seconds = try CronField(fields[0], .second)
        minutes = try CronField(fields[1], .minute)
        hours = try CronField(fields[2], .hour)
        days = try CronField(fields[3], .day)
        months = try CronField(fields[4], .month)
        weekdays = try CronField(fields[5], .weekday)
        guard next(after: CivilTime(year: 2000, month: 1, day: 1)) != nil else {
            throw InvalidSchedule("\"\(text)\" never comes: none of its months has such a day")
        }
    }

    private static func expand(_ text: String) throws -> String {
        guard text.hasPrefix("@") else { return text }
        switch text.lowercased() {
        case "@yearly", "@annually": return "0 0 1 1 *"
        case "@monthly": return "0 0 1 * *"
        case "@weekly": return "0 0 * * 0"
        case "@daily", "@midnight": return "0 0 * * *"
        case "@hourly": return "0 * * * *"
        default:
            throw InvalidSchedule("\"\(text)\" is none of @yearly, @monthly, @weekly, @daily and @hourly")
        }
    }

    /// Whether it comes in every hour of a day, so that it follows time as it passes rather than the hands of a clock.
    var comesEveryHour: Bool { hours.isStarred }

    /// The first time after another; nil when there is none for a decade.
    func next(after time: CivilTime) -> CivilTime? {
        var time = CivilTime(secondsSince1970: time.secondsSince1970 + 1)
        let end = CivilTime(day: time.day + 10 * 366)
        while time < end {
            let date = time.date
            if !months.contains(date.month) {
                time = time.nextMonth
            } else if !matches(day: date.day, weekday: time.weekday) {
                time = time.nextDay
            } else if let second = nextSecond(from: time.second) {
                return CivilTime(day: time.day, second: second)
            } else {
                time = time.nextDay
            }
        }
        return nil
    }

    private func matches(day: Int, weekday: Int) -> Bool {
        let (isDay, isWeekday) = (days.contains(day), weekdays.contains(weekday))
        return days.isStarred || weekdays.isStarred ? isDay && isWeekday : isDay || isWeekday
    }

    /// The first matching second of a day that is not before `second`.
    private func nextSecond(from second: Int) -> Int? {
        let (hour, minute) = (second / 3600, second / 60 % 60)
        if hours.contains(hour) {
            if minutes.contains(minute), let match = seconds.first(from: second % 60) {
                return hour * 3600 + minute * 60 + match
            }
            if let match = minutes.first(from: minute + 1) {
                return hour * 3600 + match * 60 + seconds.lowest
            }
        }
        return hours.first(from: hour + 1).map { $0 * 3600 + minutes.lowest * 60 + seconds.lowest }
    }
}

extension CronExpression: Codable {
    /// Reads the notation.
    ///
    /// - Throws: `DecodingError`; ``InvalidSchedule``.
    public init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the notation.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
