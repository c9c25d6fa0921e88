// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Foundation
import Peers

/// A client program that runs to its end.
enum ClientProcess {
    /// Runs a script of `Tests/Clients` in the Python environment that `scripts/setup test` makes.
    static func python(_ script: String, _ connection: ConnectionString, in folder: String) async throws -> ProgramRun {
        let path = repository.appending(path: "Tests/Clients/\(script)").path()
        let environment = ["AZURE_STORAGE_CONNECTION_STRING": connection.text, "PYTHONDONTWRITEBYTECODE": "1"]
        return try await ProgramRun(
            try PythonProgram.python(), [path], environment: environment, in: URL(filePath: folder))
    }

    /// Runs a program of the system in a folder.
    static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String], in folder: String
    ) async throws -> ProgramRun {
        try await ProgramRun(
            URL(filePath: "/usr/bin/env"), [program] + arguments, environment: environment, in: URL(filePath: folder))
    }

    private static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
