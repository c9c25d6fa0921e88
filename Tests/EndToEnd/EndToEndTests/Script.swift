// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Peers
import Testing

/// A Python script that drives the real program from outside.
struct Script {
    /// The root of the repository.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The program that was built together with the tests.
    static var darkroom: URL {
        get throws {
            let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            let program = folder.appendingPathComponent("darkroom")
            try #require(
                FileManager.default.isExecutableFile(atPath: program.path),
                "the program darkroom is not beside the tests; build it with \"swift build --build-tests\"")
            return program
        }
    }

    let path: String

    init(_ path: String) { self.path = path }

    /// Runs it to its end.
    func run(_ arguments: [String]) async throws -> ProgramRun {
        try await ProgramRun(
            try PythonProgram.python(), [Script.root.appendingPathComponent(path).path] + arguments)
    }
}
