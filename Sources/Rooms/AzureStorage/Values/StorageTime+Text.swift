// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

// The calendar is HTTPDate's; ISO 8601 is another order of its words.
extension StorageTime {
    /// As in `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var httpDate: HTTPDate { HTTPDate(secondsSinceEpoch: unixSeconds) }

    /// The moment that a header field names.
    public init(_ date: HTTPDate) { self.init(unixSeconds: date.secondsSinceEpoch) }

    /// As in `1994-11-06T08:49:37Z`, the fraction dropped.
    public var iso8601: String { isoSeconds + "Z" }

    /// As in `1994-11-06T08:49:37.1234567Z`.
    public var preciseISO8601: String {
        let digits = String(fraction)
        return "\(isoSeconds).\(String(repeating: "0", count: 7 - digits.utf8.count))\(digits)Z"
    }

    /// Reads `YYYY-MM-DD`, `YYYY-MM-DDThh:mmZ`, and the same with seconds and up to seven digits behind them.
    ///
    /// - Returns: nil when the text is none of them, or names no moment.
    public init?(iso8601 text: String) {
        let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = Self.httpWords(ofDate: halves[0]) else { return nil }
        guard let (clock, fraction) = halves.count == 1 ? ("00:00:00", 0) : Self.clock(halves[1]),
            let moment = HTTPDate(parsing: "Mon, \(date) \(clock) GMT")
        else { return nil }
        self.init(ticks: StorageTime(moment).ticks + fraction)
    }

    private var isoSeconds: String {
        let words = httpDate.description.split(separator: " ")
        let month = (months.firstIndex(of: String(words[2])) ?? 0) + 1
        return "\(words[3])-\(month < 10 ? "0" : "")\(month)-\(words[1])T\(words[4])"
    }

    /// `06 Nov 1994` for `1994-11-06`.
    private static func httpWords(ofDate text: Substring) -> String? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2], let month = Int(parts[1]),
            (1...12).contains(month)
        else { return nil }
        return "\(parts[2]) \(months[month - 1]) \(parts[0])"
    }

    /// `08:49:37` and the ticks behind it, for `08:49:37.5Z` and for what leaves parts of it out.
    private static func clock(_ text: Substring) -> (String, Int64)? {
        guard text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let clock = parts[0].utf8.count == 5 ? parts[0] + ":00" : parts[0]
        guard parts.count == 2 else { return (String(clock), 0) }
        let digits = parts[1] + String(repeating: "0", count: max(0, 7 - parts[1].utf8.count))
        guard !parts[1].isEmpty, digits.utf8.count == 7, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let fraction = Int64(digits)
        else { return nil }
        return (String(clock), fraction)
    }
}

private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
