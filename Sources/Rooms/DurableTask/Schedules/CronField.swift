// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One field of a cron expression: a set of small numbers.
struct CronField: Sendable, Hashable {
    /// What a field counts.
    enum Unit: String {
        case second, minute, hour, day, month, weekday

        var range: ClosedRange<Int> {
            switch self {
            case .second, .minute: 0...59
            case .hour: 0...23
            case .day: 1...31
            case .month: 1...12
            case .weekday: 0...7
            }
        }

        var names: [String] {
            switch self {
            case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
            case .weekday: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
            default: []
            }
        }
    }

    private var bits: UInt64 = 0
    /// Whether it was written with a leading `*`, or as `?`.
    let isStarred: Bool

    /// Reads a field.
    ///
    /// - Throws: ``InvalidSchedule``.
    init(_ text: String, _ unit: Unit) throws {
        isStarred = text.hasPrefix("*") || text == "?"
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            try insert(String(part), unit)
        }
        // Sunday has two numbers.
        if unit == .weekday, bits & 1 << 7 != 0 { bits = bits & ~(1 << 7) | 1 }
    }

    func contains(_ number: Int) -> Bool { bits & 1 << UInt64(number) != 0 }

    /// The least number of the set that is not less than another.
    func first(from number: Int) -> Int? {
        let rest = bits >> UInt64(number)
        return rest == 0 ? nil : number + rest.trailingZeroBitCount
    }

    var lowest: Int { bits.trailingZeroBitCount }

    private mutating func insert(_ part: String, _ unit: Unit) throws {
        let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var step = 1
        if pieces.count == 2 {
            guard let number = Int(pieces[1]), (1...60).contains(number) else {
                throw InvalidSchedule("the step of \"\(part)\" in the \(unit) field is not a number from 1 to 60")
            }
            step = number
        }
        let range = try Self.range(pieces[0], unit, isOpen: pieces.count == 2)
        for number in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            bits |= 1 << UInt64(number)
        }
    }

    /// - Parameter isOpen: Whether a single number begins a range that goes on to the end.
    private static func range(_ text: String, _ unit: Unit, isOpen: Bool) throws -> ClosedRange<Int> {
        let all = unit == .weekday ? 0...6 : unit.range
        if text == "*" || text == "?" { return all }
        let ends = try text.split(separator: "-", omittingEmptySubsequences: false).map {
            try number(String($0), unit)
        }
        switch ends.count {
        case 1: return ends[0]...(isOpen ? max(ends[0], all.upperBound) : ends[0])
        case 2 where ends[0] <= ends[1]: return ends[0]...ends[1]
        default:
            throw InvalidSchedule("\"\(text)\" in the \(unit) field is not a range from a lesser to a greater number")
        }
    }

    private static func number(_ text: String, _ unit: Unit) throws -> Int {
        if let index = unit.names.firstIndex(of: text.uppercased()) { return index + unit.range.lowerBound }
        guard let number = Int(text), unit.range.contains(number) else {
            let range = unit.range
            throw InvalidSchedule(
                "\"\(text)\" in the \(unit) field is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
