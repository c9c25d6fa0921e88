// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom

/// `darkroom version`.
struct Version: Verb {
    static let name = "version"
    static let summary = "print the program's version and those of its libraries"
    static let help = """
        Prints the version.

        Usage: darkroom version [--json]

        Example:
          darkroom version --json

        \(ExitStatus.help)
        """

    private let json: Bool

    init(_ arguments: inout Arguments) throws {
        json = arguments.flag("--json")
        try arguments.finishWithoutWords()
    }

    func run() async throws -> ExitStatus {
        let versions = Program.versions
        if json {
            print(try encodeJSON(versions))
        } else {
            print("darkroom \(versions.darkroom)")
            print("libvips \(versions.libvips), SQLite \(versions.sqlite), \(versions.openssl)")
        }
        return .done
    }
}
