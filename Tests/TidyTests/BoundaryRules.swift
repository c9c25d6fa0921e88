// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where the compiler's guarantees end: named places, each with its reason.
let boundaryRules: [Rule] = [
    Rule("unsafe code stands in the bindings of C libraries or in the list of allowances", findings: unsafeCode),
    Rule("a promise that the compiler cannot check says what keeps it", findings: unexplainedPromises),
    Rule("an allowance is still needed, and gives its reason", findings: idleAllowances),
]

private func unsafeCode(_ repository: Repository) -> [Finding] {
    repository.sources.flatMap { file -> [Finding] in
        if let target = repository.target(of: file.path), repository.isBinding(target) { return [] }
        return file.boundaryMarks.filter { !Allowance.covers($0.mark, in: file.path) }.map {
            Finding(
                file.path, $0.line,
                "\($0.mark.rawValue) outside the bindings: move it into one, use Lock, or enter it in Allowances")
        }
    }
}

private func unexplainedPromises(_ repository: Repository) -> [Finding] {
    repository.sources.flatMap { file in
        file.boundaryMarks.filter { $0.mark != .unsafe && !file.comment(at: $0.line).contains("Unchecked: ") }.map {
            Finding(
                file.path, $0.line,
                "\($0.mark.rawValue) takes a promise from the compiler: say `Unchecked: <what keeps it>` above")
        }
    }
}

private func idleAllowances(_ repository: Repository) -> [Finding] {
    allowances.compactMap { allowance in
        let file = repository.sources.first { $0.path == allowance.path }
        let isUsed = file.map { file in
            allowance.mark == .foundation
                ? file.declarations.contains { $0.kind == .import && $0.name.hasPrefix("Foundation") }
                : file.boundaryMarks.contains { $0.mark == allowance.mark }
        }
        if isUsed == true, !allowance.reason.isEmpty { return nil }
        return Finding(
            "Tests/TidyTests/Allowances.swift", 1,
            "\(allowance.path) no longer needs \(allowance.mark.rawValue), or gives no reason: mend or delete the entry"
        )
    }
}

extension Repository {
    /// A room that calls C directly.
    fileprivate func isBinding(_ target: PackageTarget) -> Bool {
        let libraries = Set(targets.filter { $0.path.hasPrefix("Sources/C/") }.map(\.name))
        return target.dependencies.contains { libraries.contains($0.name) }
    }
}

extension SwiftFile {
    /// What in this file needs leave, line by line.
    fileprivate var boundaryMarks: [(mark: Allowance.Mark, line: Int)] {
        tokens.indices.compactMap { index in
            let before = index > 0 ? tokens[index - 1].text : ""
            let line = tokens[index].line
            switch tokens[index].text {
            case "unsafe" where before == "(" && index > 1 && tokens[index - 2].text == "nonisolated":
                return (.nonisolatedUnsafe, line)
            case "unsafe": return (.unsafe, line)
            case "unchecked" where before == "@": return (.uncheckedSendable, line)
            case "_silgen_name" where before == "@": return (.silgenName, line)
            default: return nil
            }
        }
    }
}
