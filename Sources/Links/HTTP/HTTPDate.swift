// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A moment as HTTP writes it: whole seconds, always GMT (RFC 9110, section 5.6.7).
public struct HTTPDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let secondsSinceEpoch: Int64

    /// The moment so many seconds after 1970-01-01T00:00:00Z.
    ///
    /// - Precondition: within the years 1 to 9999, which is all that the format can write.
    public init(secondsSinceEpoch: Int64) {
        precondition(Self.writable.contains(secondsSinceEpoch), "an HTTP date lies within the years 1 to 9999")
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    /// As in `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var description: String {
        let days = floorDivide(secondsSinceEpoch, 86_400)
        let second = secondsSinceEpoch - days * 86_400
        let date = CivilDate(daysSinceEpoch: days)
        let weekday = weekdays[Int((days + 4) - floorDivide(days + 4, 7) * 7)]
        let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, to: 2) }.joined(separator: ":")
        let day = padded(date.day, to: 2)
        return "\(weekday), \(day) \(months[Int(date.month) - 1]) \(padded(date.year, to: 4)) \(clock) GMT"
    }

    /// Earlier before later.
    public static func < (left: HTTPDate, right: HTTPDate) -> Bool { left.secondsSinceEpoch < right.secondsSinceEpoch }

    private static let writable: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
}

extension HTTPDate {
    /// Reads the format of ``description``, and the two obsolete ones that a recipient must still understand:
    /// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
    ///
    /// A weekday that does not fit the date is let pass. Two-digit years are the years 1970 to 2069.
    ///
    /// - Returns: nil when the text is none of them, or names no moment.
    public init?(parsing text: some StringProtocol) {
        let words = text.split(separator: " " as Character).map { String($0) }
        let fields: (day: String, month: String, year: String, clock: String)
        switch words.count {
        case 6 where words[0].hasSuffix(",") && words[5] == "GMT":
            fields = (words[1], words[2], words[3], words[4])
        case 4 where words[0].hasSuffix(",") && words[3] == "GMT":
            let date = words[1].split(separator: "-").map(String.init)
            guard date.count == 3, date[2].utf8.count == 2 else { return nil }
            fields = (date[0], date[1], date[2], words[2])
        case 5: fields = (words[2], words[1], words[4], words[3])
        default: return nil
        }
        guard Self.isWeekday(words[0]), let seconds = Self.seconds(of: fields) else {
            return nil
        }
        self.init(secondsSinceEpoch: seconds)
    }

    private static func isWeekday(_ word: String) -> Bool {
        let name = word.hasSuffix(",") ? String(word.dropLast()) : word
        return weekdays.contains(name) || weekdays.contains { name.hasPrefix($0) && name.hasSuffix("day") }
    }

    private static func seconds(of fields: (day: String, month: String, year: String, clock: String)) -> Int64? {
        guard let day = number(fields.day, digits: 1...2), let month = months.firstIndex(of: fields.month),
            let year = year(fields.year), let clock = clockSeconds(fields.clock)
        else { return nil }
        let date = CivilDate(year: year, month: Int64(month) + 1, day: day)
        // A day that the month does not have comes back as another date.
        guard CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date else { return nil }
        return date.daysSinceEpoch * 86_400 + clock
    }

    private static func year(_ text: String) -> Int64? {
        if let short = number(text, digits: 2...2) { return short < 70 ? 2000 + short : 1900 + short }
        return number(text, digits: 4...4).flatMap { $0 > 0 ? $0 : nil }
    }

    private static func clockSeconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = number(parts[0], digits: 2...2),
            let minute = number(parts[1], digits: 2...2), let second = number(parts[2], digits: 2...2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        // A leap second is the second before it: the scale of seconds since 1970 has no room for it.
        return hour * 3600 + minute * 60 + min(second, 59)
    }

    private static func number(_ text: some StringProtocol, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int64(text)
    }
}

private let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/// A date of the Gregorian calendar, extended to all years.
///
/// Years are counted from March, so that the leap day is the last of its year and months before it have a fixed rhythm.
private struct CivilDate: Equatable {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSinceEpoch: Int64) {
        let sinceMarch0 = daysSinceEpoch + daysFromMarch0ToEpoch
        let era = floorDivide(sinceMarch0, daysPerEra)
        let dayOfEra = sinceMarch0 - era * daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * daysPerEra + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - daysFromMarch0ToEpoch
    }
}

/// Days from 0000-03-01 to 1970-01-01.
private let daysFromMarch0ToEpoch: Int64 = 719_468
/// Days in the 400 years after which the calendar repeats.
private let daysPerEra: Int64 = 146_097

private func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    dividend >= 0 ? dividend / divisor : -((-dividend + divisor - 1) / divisor)
}

private func padded(_ number: Int64, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
