// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Each rule on a few lines that keep it and a few that break it.
@Suite("Tidy: rules")
struct RuleTests {
    private let targets = [
        PackageTarget("CSQLite", at: "Sources/C/CSQLite"),
        PackageTarget("SQL", at: "Sources/Links/SQL"),
        PackageTarget("SQLite", at: "Sources/Links/SQLite", on: ["SQL", "CSQLite"]),
        PackageTarget("Stores", at: "Sources/Rooms/Stores", on: ["SQL"]),
        PackageTarget("DarkroomCommand", at: "Sources/Doors/DarkroomCommand", on: ["Stores"]),
    ]

    /// The lines of the first file that the rules find fault with.
    private func lines(_ rules: some Sequence<Rule>, _ files: KeyValuePairs<String, String>) -> [Int] {
        let repository = Repository(files: files, targets: targets)
        return rules.flatMap { $0.findings(repository) }.filter { $0.path == files[0].key }.map(\.line)
    }

    @Test(arguments: [
        ("Sources/Links/SQLite/A.swift", "import SQL\nimport CSQLite", []),
        ("Sources/Rooms/Stores/A.swift", "import SQL\nimport SQLite", [2]),
        ("Sources/Links/SQL/A.swift", "import FoundationEssentials\npublic import Stores", [2]),
        ("Sources/Rooms/Stores/A.swift", "import Foundation", [1]),
    ])
    func importsFollowTheArrows(path: String, code: String, expected: [Int]) {
        #expect(lines(importRules, [path: code]) == expected)
    }

    @Test func anArrowThatPointsUpIsRefused() {
        let upward = [
            PackageTarget("SQL", at: "Sources/Links/SQL", on: ["Stores"]),
            PackageTarget("Stores", at: "Sources/Rooms/Stores"),
        ]
        let found = importRules.flatMap { $0.findings(Repository(files: [:], targets: upward)) }
        #expect(found.map(\.path) == ["Package.swift"])
    }

    @Test(arguments: [
        ("Sources/Links/SQLite/A.swift", "let a = unsafe b()", []),
        ("Sources/Rooms/Stores/A.swift", "let a = unsafe b()", [1]),
        ("Sources/Rooms/Stores/A.swift", "nonisolated(unsafe) var a = 1  // Unchecked: a test", [1]),
        ("Sources/Rooms/Stores/A.swift", "// unsafe, @unchecked\nlet a = \"unsafe\"", []),
    ])
    func unsafeCodeStaysInTheBindings(path: String, code: String, expected: [Int]) {
        #expect(lines(boundaryRules.prefix(1), [path: code]) == expected)
    }

    @Test(arguments: [
        ("final class A: @unchecked Sendable {}", [1]),
        ("/// A.\n///\n/// Unchecked: a lock.\n@safe\nfinal class A: @unchecked Sendable {}", []),
        ("// Unchecked: a lock.\n\nnonisolated(unsafe) var a = 1", [3]),
    ])
    func aPromiseSaysWhatKeepsIt(code: String, expected: [Int]) {
        #expect(lines(boundaryRules[1...1], ["Sources/Links/SQLite/A.swift": code]) == expected)
    }

    @Test(arguments: [(58, []), (59, [1])])
    func aFunctionFitsOnAScreen(statements: Int, expected: [Int]) {
        let code = "func a() {\n" + String(repeating: "b()\n", count: statements) + "}"
        #expect(lines(sizeRules, ["Sources/Links/SQL/A.swift": code]) == expected)
    }

    @Test(arguments: [(400, []), (401, [1])])
    func aFileFitsInASitting(lineCount: Int, expected: [Int]) {
        let code = String(repeating: "\n", count: lineCount)
        #expect(lines(sizeRules, ["Sources/Links/SQL/A.swift": code]) == expected)
    }

    @Test(arguments: [("é", 120, []), ("e", 120, []), ("e", 121, [1])])
    func aLineFitsBesideAnother(letter: String, columns: Int, expected: [Int]) {
        let code = String(repeating: letter, count: columns)
        #expect(lines(sizeRules, ["Sources/Links/SQL/A.swift": code]) == expected)
    }

    @Test(arguments: [
        ("func a(b: A, c: A, d: A, e: A, f: A) {}", []),
        ("func a(b: A, c: A, d: A, e: A, f: A, g: A) {}", [1]),
        ("class A { init(b: A, c: A, d: A, e: A, f: A, g: A) {} }", [1]),
        (memberwise("struct"), []),
        (memberwise("final class"), [1]),
    ])
    func aCallFitsOnALine(code: String, expected: [Int]) {
        #expect(lines(sizeRules, ["Sources/Links/SQL/A.swift": code]) == expected)
    }

    @Test(arguments: [
        ("try! a()", [1]), ("fatalError(\"a\")", [1]), ("print(a)", [1]), ("a.print(b)\nfunc print(_ a: A) {}", []),
        ("Task { }", [1]), ("a()\nTask.detached { }", [2]), ("Task(executorPreference: a) { }", [1]),
        ("// Unstructured: ends with the socket\nTask { }", []), ("let a: Task<Void, Never>\nTask.yield()", []),
        ("let a = Task(id: 1)", []),
        ("getenv(\"A\")", [1]), ("Glibc.exit(1)", [1]), ("worker.exit(1)", []),
        ("ProcessInfo.processInfo.environment[\"A\"]", [1]),
    ])
    func librariesReturnAndThrow(code: String, expected: [Int]) {
        #expect(lines(callRules, ["Sources/Links/SQL/A.swift": code]) == expected)
    }

    @Test func theCommandLineMayPrintAndExit() {
        #expect(lines(callRules, ["Sources/Doors/DarkroomCommand/A.swift": "print(a)\nexit(1)"]) == [])
    }

    @Test(arguments: [
        ("Sources/Links/SQL/A.swift", "public enum SQL {}", [1]),
        ("Sources/Links/SQL/A.swift", "public enum SQLValue {}", []),
        ("Sources/Doors/DarkroomCommand/A.swift", "@main struct DarkroomCommand {}", []),
        ("Sources/Links/SQL/Helpers.swift", "", [1]),
        ("Tests/Links/A.swift", "@Test func testsPass() {}\n@Test func aTestPasses() {}", [1]),
    ])
    func namesSaySomething(path: String, code: String, expected: [Int]) {
        #expect(lines(nameRules, [path: code]) == expected)
    }

    @Test(arguments: [
        ("public let a = 1", [1]), ("/// A.\npublic let a = 1", []), ("let a = 1", []), ("package func a() {}", [1]),
        ("/// A.\n@discardableResult\npublic func a() -> Int { 1 }", []), ("// A.\npublic func a() {}", [2]),
        ("/// A.\npublic protocol A {\n    func b()\n    /// C.\n    func c()\n}", [3]),
        ("protocol A {\n    /// B.\n    func b(c: C)\n}\nextension D: A { package func b(c: C) {} }", []),
        ("protocol A {\n    /// B.\n    func b(c: C)\n}\nextension D: A { package func b() {} }", [5]),
    ])
    func whatOthersSeeIsExplained(code: String, expected: [Int]) {
        #expect(lines(documentationRules, ["Sources/Links/SQL/A.swift": code]) == expected)
    }

    @Test(arguments: [
        ("A.swift", "// Darkroom\n// SPDX-License-Identifier: Apache-2.0\n", []),
        ("A.swift", "import B\n", [1]),
        ("scripts/a", "#!/bin/sh\n# Darkroom\n# SPDX-License-Identifier: Apache-2.0\n", []),
        ("a.json", "{ \"a\": \"/" + "home/b\" }", [1]),
        ("a.md", "see docs/" + "home/b", []),
        ("a.md", "\nTO" + "DO", [2]),
        ("a.txt", "--index-url py" + "pi.org", [1]),
    ])
    func textIsOursAndFinished(path: String, text: String, expected: [Int]) {
        #expect(lines(textRules, [path: text]) == expected)
    }

    @Test(arguments: [
        ("[a](b.md) and [c](../A.swift#d)", []), ("[a](missing.md)", [1]), ("`docs/b.md` and `a/b`", []),
        ("\n`docs/missing.md`", [2]), ("```\n`docs/missing.md`\n```", []), ("as in A.swift" + ":12", [1]),
    ])
    func documentsPointToWhatExists(text: String, expected: [Int]) {
        #expect(lines(markdownRules.prefix(3), ["docs/a.md": text, "docs/b.md": "", "A.swift": ""]) == expected)
    }

    @Test func theMapNamesEveryTarget() {
        #expect(lines(markdownRules.suffix(1), ["ARCHITECTURE.md": "`SQL` `SQLite` `CSQLite` `Stores`"]) == [1])
    }
}

/// A type whose initialiser stores six things and does nothing else.
private func memberwise(_ kind: String) -> String {
    let names = ["a", "b", "c", "d", "e", "f"]
    let parameters = names.map { "\($0): Int" }.joined(separator: ", ")
    let stores = names.map { "self.\($0) = \($0)" }.joined(separator: "\n")
    return "\(kind) A { init(\(parameters)) { \(stores) } }"
}

extension PackageTarget {
    fileprivate init(_ name: String, at path: String, on dependencies: [String] = []) {
        self.init(name: name, path: path, dependencies: dependencies.map { Dependency($0) })
    }
}
