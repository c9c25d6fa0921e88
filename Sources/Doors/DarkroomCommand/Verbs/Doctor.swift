// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom

/// `darkroom doctor`.
struct Doctor: Verb {
    static let name = "doctor"
    static let summary = "check that this machine is ready, and say what is missing"
    static let help = """
        Checks settings, data folder, disk, ports, image workers, formats and mail, and says what to do about
        what is wrong. It changes nothing.

        Usage: darkroom doctor [--data FOLDER] [--config FILE] [--set KEY=VALUE] [--json]

        Examples:
          darkroom doctor
          darkroom doctor --config /etc/darkroom.json --json

        \(ExitStatus.help)
        """

    private let json: Bool
    private let sources: SettingsSources

    init(_ arguments: inout Arguments) throws {
        json = arguments.flag("--json")
        sources = try settingsSources(&arguments)
        try arguments.finishWithoutWords()
    }

    func run() async throws -> ExitStatus {
        let findings = await examine(sources)
        if json {
            print(try encodeJSON(findings))
        } else {
            let width = findings.map(\.subject.count).max() ?? 0
            for finding in findings {
                print("\(finding.isFine ? "✓" : "✗") \(finding.subject.padded(to: width))  \(finding.words)")
            }
        }
        return findings.allSatisfy(\.isFine) ? .done : .failed
    }
}
