// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One verb of the command line.
protocol Verb {
    /// The word a person types.
    static var name: String { get }
    /// One line for the list of verbs.
    static var summary: String { get }
    /// What `--help` prints: usage, options, examples.
    static var help: String { get }

    /// Parses the words behind the verb.
    init(_ arguments: inout Arguments) throws

    /// Does the work.
    func run() async throws -> ExitStatus
}
