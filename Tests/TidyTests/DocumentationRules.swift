// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Comments where others read: above what they can see.
let documentationRules: [Rule] = [
    .eachSwiftFile("every public or package declaration has a doc comment", under: "Sources/") { file in
        file.declarations.filter { needsComment($0) && !file.hasDocComment($0) }.map {
            Finding(
                file.path, $0.line,
                "\($0.kind.rawValue) \($0.name) has no doc comment: say what it is, its units, its errors and why")
        }
    }
]

private func needsComment(_ declaration: Declaration) -> Bool {
    guard ![.import, .extension, .deinit].contains(declaration.kind) else { return false }
    return (declaration.isPublic || declaration.isPublicRequirement) && !declaration.modifiers.contains("override")
}

extension SwiftFile {
    fileprivate func hasDocComment(_ declaration: Declaration) -> Bool {
        comments[declaration.firstLine - 1]?.hasPrefix("///") ?? false
    }
}
