// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A length of time as .NET writes it: `[days.]hours:minutes:seconds[.fraction]`.
struct TimeSpan: Codable, Sendable, Equatable {
    var duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    /// Reads the notation.
    ///
    /// - Throws: `DecodingError`.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let duration = Self.parse(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not a length of time, as 1.02:03:04.5 is")
        }
        self.duration = duration
    }

    /// Writes the notation, to the millisecond.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    var text: String {
        let milliseconds = duration.wholeMilliseconds
        let (seconds, days) = (milliseconds / 1000 % 86_400, milliseconds / 86_400_000)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, to: 2) }.joined(separator: ":")
        let fraction = milliseconds % 1000 == 0 ? "" : ".\(padded(milliseconds % 1000, to: 3))0000"
        return (days == 0 ? "" : "\(days).") + clock + fraction
    }

    private static func parse(_ text: String) -> Duration? {
        let clock = text.split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let minutes = Int(clock[1]) else { return nil }
        let daysAndHours = clock[0].split(separator: ".").compactMap { Int($0) }
        let seconds = clock[2].split(separator: ".")
        guard (1...2).contains(daysAndHours.count), let hours = daysAndHours.last, (1...2).contains(seconds.count),
            let whole = Int(seconds[0])
        else { return nil }
        let days = daysAndHours.count == 2 ? daysAndHours[0] : 0
        let digits = seconds.count == 2 ? String((seconds[1] + "000").prefix(3)) : "0"
        guard let milliseconds = Int(digits), [days, hours, minutes, whole].allSatisfy({ $0 >= 0 }) else { return nil }
        return .seconds(days * 86_400 + hours * 3600 + minutes * 60 + whole) + .milliseconds(milliseconds)
    }

    private func padded(_ number: Int, to width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
