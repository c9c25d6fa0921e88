// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

/// The house rules, held against the repository itself.
@Suite("Tidy")
struct TheRepository {
    @Test(arguments: houseRules)
    func keeps(_ rule: Rule) throws {
        let repository = try Repository.here.get()
        for finding in rule.findings(repository) {
            Issue.record(
                "\(finding.path):\(finding.line): \(finding.advice)",
                sourceLocation: SourceLocation(
                    fileID: "Darkroom/\(finding.path)", filePath: "\(Repository.root)/\(finding.path)",
                    line: finding.line, column: 1))
        }
    }
}

/// Every rule, in the order in which CONTRIBUTING.md explains them.
let houseRules: [Rule] =
    importRules + boundaryRules + sizeRules + callRules + nameRules + documentationRules + textRules + markdownRules
