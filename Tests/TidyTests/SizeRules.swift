// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How much a reader has to hold in mind at once.
let sizeRules: [Rule] = [
    .eachSwiftFile("a file has at most \(fileLimit) lines") { file in
        oversized(file.text.lines.count - 1, over: fileLimit, ratchetKey: file.path).map {
            [Finding(file.path, 1, "\($0) lines: split it by noun or operation")]
        } ?? []
    },
    .eachSwiftFile("a function has at most \(functionLimit) lines") { file in
        file.functions.compactMap { function in
            let length = function.lastLine - function.line + 1
            return oversized(length, over: functionLimit, ratchetKey: "\(file.path) \(function.name)").map {
                Finding(file.path, function.line, "\(function.name) has \($0) lines: take a step out of it")
            }
        }
    },
    .eachSwiftFile("a function takes at most \(parameterLimit) parameters") { file in
        file.functions.filter { $0.parameters > parameterLimit && !file.isMemberwise($0) }.map {
            Finding(
                file.path, $0.line,
                "\($0.name) takes \($0.parameters) parameters: gather those that belong together in a type")
        }
    },
    .eachSwiftFile("a line has at most \(lineLimit) columns") { file in
        file.text.findings { line in
            line.utf8.count > lineLimit && line.count > lineLimit ? "longer than \(lineLimit) columns: break it" : nil
        }
    },
    Rule("an entry of the ratchet is as small as what it excuses", findings: looseRatchet),
]

private let fileLimit = 400
private let functionLimit = 60
private let parameterLimit = 5
private let lineLimit = 120

/// What was too big when its rule came, as `path` or `path function`, with the lines it has now.
///
/// Numbers may fall, never rise, and no entry may be added.
private let ratchet: [String: Int] = [:]

/// The size, if neither the limit nor the ratchet allows it.
private func oversized(_ size: Int, over limit: Int, ratchetKey: String) -> Int? {
    size > max(limit, ratchet[ratchetKey] ?? 0) ? size : nil
}

private func looseRatchet(_ repository: Repository) -> [Finding] {
    ratchet.compactMap { key, allowed in
        let parts = key.split(separator: " ", maxSplits: 1).map(String.init)
        let file = repository.swiftFiles.first { $0.path == parts[0] }
        let size =
            parts.count == 1
            ? file.map { $0.text.lines.count - 1 }
            : file?.functions.filter { $0.name == parts[1] }.map { $0.lastLine - $0.line + 1 }.max()
        if size == allowed { return nil }
        return Finding("Tests/TidyTests/SizeRules.swift", 1, "\(key) has \(size ?? 0) lines now: lower its number")
    }
}

extension SwiftFile {
    fileprivate var functions: [Declaration] {
        declarations.filter { [.func, .`init`, .deinit, .subscript].contains($0.kind) }
    }

    /// Whether it is an initialiser that only stores what it gets, in a type of values.
    ///
    /// A class or an actor that takes six things has six dependencies; a struct may simply have six fields.
    fileprivate func isMemberwise(_ function: Declaration) -> Bool {
        guard function.kind == .`init`, function.enclosing != .class, function.enclosing != .actor else { return false }
        let body = tokens[function.body].map(\.text)
        let stores = body.indices.filter { body[$0] == "self" && body.dropFirst($0 + 1).first == "." }
        return stores.count == function.parameters && body.count { $0 == "=" } == function.parameters
    }
}
