// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom

/// The words behind a verb.
///
/// A verb takes out what it knows; ``finish()`` refuses the rest.
struct Arguments {
    private var words: [String]
    /// What stands behind `--`: never an option.
    private let literal: [String]
    private var known: [String] = []

    init(_ words: [String]) {
        let end = words.firstIndex(of: "--") ?? words.endIndex
        self.words = Array(words[..<end])
        literal = Array(words[end...].dropFirst())
    }

    /// Whether an option without a value is there.
    mutating func flag(_ names: String...) -> Bool {
        known += names
        let count = words.count
        words.removeAll(where: names.contains)
        return words.count < count
    }

    /// The value of an option.
    ///
    /// `--port 10000` or `--port=10000`. The last one wins.
    mutating func value(_ name: String) throws -> String? { try values(name).last }

    /// Every value of an option that may be repeated.
    mutating func values(_ name: String) throws -> [String] {
        known.append(name)
        var values: [String] = []
        while let index = words.firstIndex(where: { $0 == name || $0.hasPrefix("\(name)=") }) {
            let word = words.remove(at: index)
            if word.hasPrefix("\(name)=") {
                values.append(String(word.dropFirst(name.count + 1)))
            } else {
                guard index < words.count else { throw CommandFailure.usage("\(name) needs a value") }
                values.append(words.remove(at: index))
            }
        }
        return values
    }

    /// A whole number within a range.
    mutating func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = try value(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw CommandFailure.usage("\(name) takes a whole number from \(bounds), not \"\(text)\"")
        }
        return number
    }

    /// What is left: file names and the like.
    ///
    /// - Throws: when an option is left that nobody knows.
    func finish() throws -> [String] {
        if let unknown = words.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
            let near = nearest(to: unknown, among: known).map { "; did you mean \($0)?" } ?? ""
            throw CommandFailure.usage("there is no option \(unknown)\(near)")
        }
        return words + literal
    }

    /// As ``finish()``, where nothing may be left.
    func finishWithoutWords() throws {
        if let extra = try finish().first { throw CommandFailure.usage("unexpected word \"\(extra)\"") }
    }
}
