// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// When a schedule's runs are due.
public enum ScheduleTimes: Sendable, Equatable {
    /// Again and again after this long, to the millisecond, at least a second.
    case every(Duration)
    /// At times of the calendar, as clocks of a time zone show them.
    ///
    /// A time that clocks leave out as they go forward is due when they do. Of a time that they show twice as they go
    /// back the first is meant, unless the expression has a `*` for the hour: then time counts as it passes.
    case cron(CronExpression, ScheduleTimeZone)

    /// The first due time after another; nil when there is none.
    ///
    /// - Parameter anchor: When the first interval begins.
    func next(after time: Date, anchor: Date) -> Date? {
        switch self {
        case .every(let interval):
            guard time >= anchor else { return anchor }
            let (step, start) = (Int64(interval.wholeMilliseconds), anchor.millisecondsSince1970)
            let passed = (time.millisecondsSince1970 - start) / step
            return Date(millisecondsSince1970: start + (passed + 1) * step)
        case .cron(let expression, let zone):
            let milliseconds = time.millisecondsSince1970
            // Rounded down: the next whole second is then after `time`.
            let second = Int((Double(milliseconds) / 1000).rounded(.down))
            return expression.next(after: second, in: zone).map { Date(timeIntervalSince1970: Double($0)) }
        }
    }

    /// The last due times in a span of time, oldest first.
    ///
    /// - Parameters:
    ///   - first: A due time.
    ///   - now: Not before `first`.
    ///   - limit: How many at most.
    func last(_ limit: Int, from first: Date, through now: Date, anchor: Date) -> [Date] {
        // Looks back ever further, so that years of downtime do not mean years of seconds to count.
        var window = 1.0
        while true {
            let reachesFirst = now.timeIntervalSince(first) <= window
            let begin = reachesFirst ? first : now.addingTimeInterval(-window)
            var times = reachesFirst ? [first] : []
            var time = begin
            while let due = next(after: time, anchor: anchor), due <= now {
                times.append(due)
                time = due
            }
            if reachesFirst || times.count >= limit { return times.suffix(limit) }
            window *= 2
        }
    }
}

extension CronExpression {
    /// The first due second after another, both since 1970.
    func next(after second: Int, in zone: ScheduleTimeZone) -> Int? {
        var (time, period) = (second, zone.period(at: second))
        while true {
            var shown = time + period.offset
            // What the clocks showed already before they went back.
            if let start = period.start, !comesEveryHour { shown = max(shown, start + period.offsetBefore - 1) }
            guard let match = next(after: CivilTime(secondsSince1970: shown))?.secondsSince1970 else { return nil }
            guard let end = period.end, match - period.offset >= end else { return match - period.offset }
            // What the clocks leave out is due when they jump.
            if match < end + period.offsetAfter { return end }
            (time, period) = (end - 1, zone.period(at: end))
        }
    }
}
