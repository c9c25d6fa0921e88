// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
    ])
    func aMomentIsWrittenAndReadBack(seconds: Int64, text: String) {
        #expect(HTTPDate(secondsSinceEpoch: seconds).description == text)
        #expect(HTTPDate(parsing: text)?.secondsSinceEpoch == seconds)
    }

    @Test func everyDayIsWrittenAndReadBack() {
        for day in stride(from: Int64(-200_000), through: 200_000, by: 37) {
            let date = HTTPDate(secondsSinceEpoch: day * 86_400 + 12_345)
            #expect(HTTPDate(parsing: date.description) == date)
        }
    }

    @Test(arguments: ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT"])
    func theObsoleteFormatsAreStillRead(text: String) {
        #expect(HTTPDate(parsing: text)?.secondsSinceEpoch == 784_111_777)
    }

    @Test func twoDigitYearsAreOfThePresentCentury() {
        #expect(HTTPDate(parsing: "Sunday, 06-Nov-69 08:49:37 GMT")?.description.contains("2069") == true)
        #expect(HTTPDate(parsing: "Sunday, 06-Nov-70 08:49:37 GMT")?.description.contains("1970") == true)
    }

    @Test(arguments: [
        "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 2100 00:00:00 GMT",
    ])
    func whatNamesNoMomentIsRefused(text: String) {
        #expect(HTTPDate(parsing: text) == nil)
    }

    @Test func aLeapSecondIsTheSecondBefore() {
        let leap = HTTPDate(parsing: "Sat, 31 Dec 2016 23:59:60 GMT")
        #expect(leap == HTTPDate(parsing: "Sat, 31 Dec 2016 23:59:59 GMT"))
        #expect(leap != nil)
    }
}
