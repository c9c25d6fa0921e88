// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Who may import whom: `Package.swift` draws the arrows, the floors say which way they may point.
let importRules: [Rule] = [
    Rule("an import is a dependency that Package.swift draws", findings: undrawnImports),
    Rule("an arrow in Package.swift is used", findings: idleArrows),
    Rule("an arrow in Package.swift points down, or to a neighbour", findings: arrowsThatPointUp),
    Rule("a C library is imported by its binding alone", findings: strangersToC),
    Rule("Foundation stays out where FoundationEssentials does", findings: foundationImports),
]

/// The floors, lowest first, by the folder under `Sources`.
private let floors = ["C", "Foundations", "Links", "Rooms", "Pipeline", "Doors"]

/// The rooms that touch a C library.
private let bindings: [String: Set<String>] = [
    "CLinux": ["Basics", "Sockets", "StorageServer", "Imaging"],
    "CSQLite": ["CSQLiteShim", "SQLite"],
    "CSQLiteShim": ["SQLite"],
    "COpenSSL": ["Crypto", "Sockets"],
    "CNGHTTP2": ["GRPC"],
    "CCurl": ["CCurlShim", "Curl"],
    "CCurlShim": ["Curl"],
    "CVips": ["CVipsShim"],
    "CVipsShim": ["Imaging"],
]

private func undrawnImports(_ repository: Repository) -> [Finding] {
    let names = Set(repository.targets.map(\.name))
    return repository.swiftFiles.flatMap { file -> [Finding] in
        guard let target = repository.target(of: file.path) else { return [] }
        let drawn = Set(target.dependencies.map(\.name))
        return file.imports.filter { names.contains($0.name) && !drawn.contains($0.name) }.map {
            Finding(
                file.path, $0.line,
                "\(target.name) does not depend on \($0.name) in Package.swift: draw the arrow if it points down, "
                    + "else pass the value or a protocol")
        }
    }
}

private func idleArrows(_ repository: Repository) -> [Finding] {
    // Tests may need a program beside them that they start, not import.
    repository.targets.filter { floor(of: $0) != nil }.flatMap { target -> [Finding] in
        let files = repository.sources.filter { $0.path.hasPrefix(target.path + "/") }
        let imported = Set(files.flatMap { $0.imports.map(\.name) })
        return files.isEmpty
            ? []
            : target.dependencies.filter { !imported.contains($0.name) }.map {
                Finding("Package.swift", 1, "\(target.name) never imports \($0.name): take the arrow away")
            }
    }
}

private func arrowsThatPointUp(_ repository: Repository) -> [Finding] {
    let floorOf = Dictionary(
        uniqueKeysWithValues: repository.targets.compactMap { target in
            floor(of: target).map { (target.name, $0) }
        })
    return repository.targets.flatMap { target -> [Finding] in
        guard let own = floorOf[target.name] else { return [] }
        return target.dependencies.filter { (floorOf[$0.name] ?? 0) > own }.map {
            Finding(
                "Package.swift", 1,
                "\(target.name) reaches up to \($0.name): declare a protocol below and let the floor above conform")
        }
    }
}

private func floor(of target: PackageTarget) -> Int? {
    let parts = target.path.split(separator: "/")
    guard parts.count > 1, parts[0] == "Sources" else { return nil }
    return floors.firstIndex(of: String(parts[1]))
}

private func strangersToC(_ repository: Repository) -> [Finding] {
    repository.sources.flatMap { file -> [Finding] in
        let target = repository.target(of: file.path)?.name ?? ""
        return file.imports.filter { bindings[$0.name].map { !$0.contains(target) } ?? false }.map {
            Finding(
                file.path, $0.line,
                "\($0.name) belongs to \(bindings[$0.name, default: []].sorted().joined(separator: ", ")): "
                    + "ask that room, or name a second binding in ImportRules with its reason")
        }
    }
}

private func foundationImports(_ repository: Repository) -> [Finding] {
    let wholeFoundation: Set = ["Foundation", "FoundationNetworking", "FoundationXML"]
    return repository.sources.flatMap { file in
        file.imports.filter { wholeFoundation.contains($0.name) && !Allowance.covers(.foundation, in: file.path) }.map {
            Finding(
                file.path, $0.line,
                "import FoundationEssentials instead of \($0.name), or say in Allowances why it does not suffice")
        }
    }
}

extension SwiftFile {
    fileprivate var imports: [Declaration] { declarations.filter { $0.kind == .import } }
}
