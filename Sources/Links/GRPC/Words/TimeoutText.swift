// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The text of `grpc-timeout`: up to eight digits and a unit.
enum TimeoutText {
    private static let units: [(letter: UInt8, duration: Duration)] = [
        (UInt8(ascii: "n"), .nanoseconds(1)), (UInt8(ascii: "u"), .microseconds(1)),
        (UInt8(ascii: "m"), .milliseconds(1)), (UInt8(ascii: "S"), .seconds(1)), (UInt8(ascii: "M"), .seconds(60)),
        (UInt8(ascii: "H"), .seconds(3600)),
    ]

    /// - Returns: nil when the text is none.
    static func decode(_ text: String) -> Duration? {
        guard let letter = text.utf8.last, let unit = units.first(where: { $0.letter == letter }) else { return nil }
        let digits = text.utf8.dropLast()
        guard (1...8).contains(digits.count) else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return unit.duration * number
    }

    /// The finest unit in which the time has eight digits or fewer; rounded up, so that the server does not give up
    /// before the client.
    static func encode(_ duration: Duration) -> String {
        let duration = max(duration, .zero)
        for unit in units {
            let count = (duration / unit.duration).rounded(.up)
            if count < 100_000_000 { return "\(Int(count))\(Character(UnicodeScalar(unit.letter)))" }
        }
        return "99999999H"
    }
}
