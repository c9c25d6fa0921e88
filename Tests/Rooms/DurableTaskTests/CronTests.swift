// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Testing

@testable import DurableTask

/// Cron expressions and time zones: tables, no clocks.
struct CronTests {
    private func date(_ text: String) throws -> Date { try Date.ISO8601FormatStyle().parse(text) }

    private func next(_ expression: String, after text: String, in zone: String = "UTC") throws -> String? {
        let times = ScheduleTimes.cron(try CronExpression(expression), try ScheduleTimeZone(zone))
        return times.next(after: try date(text), anchor: .distantPast)?.scheduleText
    }

    @Test(
        arguments: [
            ("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
            ("* * * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
            ("*/15 * * * *", "2026-01-01T00:46:00Z", "2026-01-01T01:00:00Z"),
            ("5/20 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:25:00Z"),
            ("30 9-17/4 * * *", "2026-01-01T13:30:00Z", "2026-01-01T17:30:00Z"),
            ("0,30 8,20 * * *", "2026-01-01T08:30:00Z", "2026-01-01T20:00:00Z"),
            ("15 30 6 * * *", "2026-12-31T06:30:15Z", "2027-01-01T06:30:15Z"),
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 0 31 * *", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"),
            ("0 0 30 * *", "2026-01-30T00:00:00Z", "2026-03-30T00:00:00Z"),
            ("0 12 * * MON-FRI", "2026-11-20T12:00:00Z", "2026-11-23T12:00:00Z"),
            ("0 12 * * 7", "2026-11-20T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("0 12 * * 5-7", "2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"),
            ("0 12 13 * FRI", "2026-11-20T12:00:00Z", "2026-11-27T12:00:00Z"),
            ("0 12 */2 * FRI", "2026-11-20T12:00:00Z", "2026-11-27T12:00:00Z"),
            ("0 0 1 jan,JUL ?", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"),
            ("@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("@monthly", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("@weekly", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("@Daily", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("@hourly", "2026-02-28T23:00:00Z", "2026-03-01T00:00:00Z"),
        ])
    func theNextTimeIsFound(_ expression: String, _ after: String, _ expected: String) throws {
        #expect(try next(expression, after: after) == expected)
    }

    @Test(
        arguments: [
            "", "* * * *", "* * * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
            "* * * * 8", "5-1 * * * *", "1-2-3 * * * *", "*/0 * * * *", "*/x * * * *", "1, * * * *", "* * * FOO *",
            "* * * * JAN", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "@never", "-1 * * * *",
        ])
    func nonsenseIsRefused(_ expression: String) {
        #expect(throws: InvalidSchedule.self) { try CronExpression(expression) }
    }

    /// Berlin skips 02:00–03:00 on 2026-03-29 and repeats it on 2026-10-25; New York on 2026-03-08 and 2026-11-01.
    @Test(
        arguments: [
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
            (
                "*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
                ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]
            ),
            (
                "*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z",
                ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"]
            ),
            ("15,45 2,3 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", ["2026-10-25T02:15:00Z"]),
            ("0 9 * * *", "America/New_York", "2026-03-07T14:00:00Z", ["2026-03-08T13:00:00Z"]),
            ("0 9 * * *", "America/New_York", "2026-10-31T13:00:00Z", ["2026-11-01T14:00:00Z"]),
            ("0 9 * * *", "America/New_York", "2099-07-01T13:00:00Z", ["2099-07-02T13:00:00Z"]),
            ("0 9 * * *", "America/New_York", "2099-01-01T14:00:00Z", ["2099-01-02T14:00:00Z"]),
            ("0 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", ["2026-10-03T15:30:00Z"]),
            ("0 0 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", ["2026-01-01T18:30:00Z"]),
            ("0 0 1 * *", "+05:30", "2026-01-01T00:00:00Z", ["2026-01-31T18:30:00Z"]),
            ("0 0 * * *", "-03:00", "2026-01-01T00:00:00Z", ["2026-01-01T03:00:00Z"]),
        ])
    func clocksThatJumpLoseNothingAndRepeatNothing(
        _ expression: String, _ zone: String, _ after: String, _ expected: [String]
    ) throws {
        var (time, found) = (after, [String]())
        for _ in expected {
            time = try #require(try next(expression, after: time, in: zone))
            found.append(time)
        }
        #expect(found == expected)
    }

    @Test(arguments: ["", "Nowhere/Atlantis", "../../etc/passwd", "/etc/localtime", "+25:00", "+1:00", "tzdata.zi"])
    func unknownZonesAreRefused(_ name: String) {
        #expect(throws: InvalidSchedule.self) { try ScheduleTimeZone(name) }
    }

    @Test(
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", 2040, [("2040-03-25T01:00:00Z", 7200), ("2040-10-28T01:00:00Z", 3600)]),
            ("EST5EDT,M3.2.0,M11.1.0", 2040, [("2040-03-11T07:00:00Z", -14_400), ("2040-11-04T06:00:00Z", -18_000)]),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 2040, [("2040-03-25T01:00:00Z", 3600), ("2040-10-28T01:00:00Z", 0)]),
            (
                "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2040,
                [("2040-03-25T01:00:00Z", -3600), ("2040-10-28T01:00:00Z", -7200)]
            ),
            ("AAA0BBB,J60/0,300/0", 2040, [("2040-03-01T00:00:00Z", 3600), ("2040-10-26T23:00:00Z", 0)]),
            ("<+03>-3", 2040, []),
        ] as [(String, Int, [(String, Int)])])
    func rulesOfPOSIXAreFollowed(_ text: String, _ year: Int, _ expected: [(String, Int)]) throws {
        let rule = try #require(TimeZoneRule(text))
        let changes = try expected.map {
            ScheduleTimeZone.Change(time: Int(try date($0.0).timeIntervalSince1970), offset: $0.1)
        }
        #expect(rule.changes(in: year) == changes)
    }

    @Test(arguments: ["", "CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CE-1", "CET-1CEST,M3.5.0,M10.5.0x"])
    func brokenRulesAreRefused(_ text: String) {
        #expect(TimeZoneRule(text) == nil)
    }

    @Test func aBrokenFileIsNotAZone() throws {
        let whole = Array(try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Berlin")))
        #expect(TimeZoneFile(whole) != nil)
        for length in stride(from: 0, to: whole.count - 40, by: 7) {
            #expect(TimeZoneFile(Array(whole.prefix(length))) == nil)
        }
    }

    @Test func daysAreCountedThroughLeapYearsAndCenturies() {
        var (year, month, day) = (1899, 12, 31)
        for number in CivilTime(year: 1899, month: 12, day: 31).day...CivilTime(year: 2101, month: 1, day: 1).day {
            #expect(CivilTime(day: number).date == (year, month, day))
            let next = CivilTime(day: number).nextDay.date
            #expect(next.day == day + 1 && next.month == month || next.day == 1)
            (year, month, day) = next
        }
        #expect(CivilTime(day: 0).weekday == 4)
        #expect(CivilTime(year: 1969, month: 12, day: 28).weekday == 0)
        #expect(CivilTime(secondsSince1970: -1) == CivilTime(day: -1, second: 86_399))
    }
}
