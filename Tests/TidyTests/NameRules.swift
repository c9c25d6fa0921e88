// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Names that help to find a thing, and none that hide it.
let nameRules: [Rule] = [
    Rule("no type bears its module's name", findings: typesNamedAsTheirModule),
    Rule("no folder or file is a drawer for odds and ends", findings: drawers),
    .eachSwiftFile("a test's name is a sentence, without `test` in front", under: "Tests/") { file in
        file.declarations
            .filter { $0.kind == .func && $0.modifiers.contains("Test") && $0.name.hasPrefix("test") }
            .map { Finding(file.path, $0.line, "\($0.name): say what holds, such as `anEmptyListHasNoPages`") }
    },
]

private func typesNamedAsTheirModule(_ repository: Repository) -> [Finding] {
    let types: Set<Declaration.Kind> = [.struct, .class, .enum, .actor, .protocol, .typealias]
    return repository.swiftFiles.flatMap { file -> [Finding] in
        guard let module = repository.target(of: file.path)?.name else { return [] }
        // Nobody imports the module of an `@main` type, so there its name cannot hide anything.
        return file.declarations
            .filter { types.contains($0.kind) && $0.name == module && !$0.modifiers.contains("main") }
            .map {
                Finding(file.path, $0.line, "the type \($0.name) hides its module from whoever imports it: rename it")
            }
    }
}

private func drawers(_ repository: Repository) -> [Finding] {
    let names: Set = ["Utils", "Util", "Utilities", "Helpers", "Helper", "Common", "New", "Misc", "Shared"]
    return repository.paths.sorted().compactMap { path in
        let name = path.split(separator: "/").last ?? ""
        let stem = name.split(separator: ".").first ?? name
        return names.contains(String(stem))
            ? Finding(path, 1, "\(name) says nothing: name it after the noun it holds") : nil
    }
}
