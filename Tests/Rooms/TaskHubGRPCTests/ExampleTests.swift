// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Peers
import Testing

/// The example whose activity runs in Python.
@Suite(.timeLimit(.minutes(5)))
struct ExampleTests {
    @Test func aSwiftOrchestrationCallsAPythonActivity() async throws {
        try await withTemporaryFolder { folder in
            let log = URL(filePath: folder).appending(path: "lines")
            let example = try start(in: folder, log)
            defer { kill(example.processIdentifier, SIGKILL) }
            try await eventually { try lines(in: log).count == 1 }
            let port = try lines(in: log)[0]
            let python = try PythonProgram.start("../../Examples/PythonActivity/worker.py", [port], in: folder)
            defer { python.kill() }
            try await eventually { try lines(in: log).count == 2 }
            #expect(try lines(in: log)[1] == "5 WORDS: A CAT ON A MAT")
        }
    }

    private func start(in folder: String, _ log: URL) throws -> Process {
        let example = Process()
        example.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "PythonActivity")
        example.arguments = ["\(folder)/hub.sqlite"]
        try Data().write(to: log)
        example.standardOutput = try FileHandle(forWritingTo: log)
        try example.run()
        return example
    }

    /// The whole lines.
    private func lines(in log: URL) throws -> [String] {
        Array(try String(contentsOf: log, encoding: .utf8).components(separatedBy: "\n").dropLast())
    }
}
