// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A date and a time of day as a clock on the wall shows them, without a time zone.
struct CivilTime: Equatable, Comparable {
    /// Whole days since 1970-01-01.
    var day: Int
    /// Seconds since midnight, less than 86,400.
    var second: Int

    init(day: Int, second: Int = 0) {
        self.day = day
        self.second = second
    }

    /// The time that a clock shows which counts its seconds from 1970.
    init(secondsSince1970 seconds: Int) {
        day = floorDivide(seconds, 86_400)
        second = seconds - day * 86_400
    }

    /// The beginning of a day of the Gregorian calendar.
    ///
    /// Years are counted from March here, so that the leap day ends its year and the months before it have one rhythm.
    init(year: Int, month: Int, day: Int) {
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(day: era * daysPerEra + dayOfEra - daysFromMarch0ToEpoch)
    }

    var secondsSince1970: Int { day * 86_400 + second }

    /// 0 is Sunday.
    var weekday: Int {
        let sinceSunday = (day + 4) % 7
        return sinceSunday < 0 ? sinceSunday + 7 : sinceSunday
    }

    /// The year, the month from 1 and the day of the month from 1.
    var date: (year: Int, month: Int, day: Int) {
        let sinceMarch0 = day + daysFromMarch0ToEpoch
        let era = floorDivide(sinceMarch0, daysPerEra)
        let dayOfEra = sinceMarch0 - era * daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// The beginning of the next day.
    var nextDay: CivilTime { CivilTime(day: day + 1) }

    /// The beginning of the first day of the next month.
    var nextMonth: CivilTime {
        let date = date
        return date.month == 12
            ? CivilTime(year: date.year + 1, month: 1, day: 1)
            : CivilTime(year: date.year, month: date.month + 1, day: 1)
    }

    static func < (left: CivilTime, right: CivilTime) -> Bool {
        (left.day, left.second) < (right.day, right.second)
    }
}

/// Days from 0000-03-01 to 1970-01-01.
private let daysFromMarch0ToEpoch = 719_468
/// Days in the 400 years after which the calendar repeats.
private let daysPerEra = 146_097

private func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
    dividend >= 0 ? dividend / divisor : -((-dividend + divisor - 1) / divisor)
}
