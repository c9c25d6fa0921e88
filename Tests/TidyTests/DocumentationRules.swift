// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Comments where others read: above what they can see.
let documentationRules: [Rule] = [
    Rule("every public or package declaration has a doc comment, or its protocol has") { repository in
        let explained = repository.explainedRequirements
        return repository.sources.flatMap { file in
            file.declarations
                .filter { needsComment($0) && !file.hasDocComment($0) && !explained.contains(Requirement($0)) }
                .map {
                    Finding(
                        file.path, $0.line,
                        "\($0.kind.rawValue) \($0.name) has no doc comment: say what it is, units, errors and why")
                }
        }
    }
]

private func needsComment(_ declaration: Declaration) -> Bool {
    guard ![.import, .extension, .deinit].contains(declaration.kind) else { return false }
    return (declaration.isPublic || declaration.isPublicRequirement) && !declaration.modifiers.contains("override")
}

/// What a protocol asks for, as far as a list of tokens can tell it from something else.
private struct Requirement: Hashable {
    let kind: Declaration.Kind
    let name: String
    let parameters: Int

    init(_ declaration: Declaration) {
        kind = declaration.kind
        name = declaration.name
        parameters = declaration.parameters
    }
}

extension Repository {
    /// The requirements that have a comment; what meets them inherits it.
    fileprivate var explainedRequirements: Set<Requirement> {
        Set(
            sources.flatMap { file in
                file.declarations
                    .filter { $0.enclosing == .protocol && $0.kind != .`init` && file.hasDocComment($0) }
                    .map(Requirement.init)
            })
    }
}

extension SwiftFile {
    fileprivate func hasDocComment(_ declaration: Declaration) -> Bool {
        comments[declaration.firstLine - 1]?.hasPrefix("///") ?? false
    }
}
