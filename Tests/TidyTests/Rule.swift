// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

/// One thing that holds everywhere in the repository, and the program that looks for where it does not.
struct Rule: Sendable, CustomTestStringConvertible {
    /// The rule as a sentence: what a failed test is called.
    let testDescription: String
    /// Every place where the repository breaks it.
    let findings: @Sendable (Repository) -> [Finding]

    init(_ sentence: String, findings: @escaping @Sendable (Repository) -> [Finding]) {
        testDescription = sentence
        self.findings = findings
    }

    /// A rule that looks at one Swift file at a time.
    static func eachSwiftFile(
        _ sentence: String, under folder: String = "", _ look: @escaping @Sendable (SwiftFile) -> [Finding]
    ) -> Rule {
        Rule(sentence) { repository in
            repository.swiftFiles.filter { $0.path.hasPrefix(folder) }.flatMap(look)
        }
    }

    /// A rule that looks at one text file of any kind at a time.
    static func eachTextFile(_ sentence: String, _ look: @escaping @Sendable (TextFile) -> [Finding]) -> Rule {
        Rule(sentence) { repository in repository.textFiles.flatMap(look) }
    }
}

/// A place that breaks a rule, and what to do about it.
struct Finding: Sendable, Equatable {
    /// From the root of the repository.
    let path: String
    /// Counted from 1.
    let line: Int
    /// What is wrong and what to do instead.
    let advice: String

    init(_ path: String, _ line: Int, _ advice: String) {
        self.path = path
        self.line = line
        self.advice = advice
    }
}
