// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Something that Swift code declares.
struct Declaration: Sendable, Equatable {
    enum Kind: String, Sendable {
        case `struct`, `class`, `enum`, `actor`, `protocol`, `extension`, `typealias`, `associatedtype`
        case `func`, `init`, `deinit`, `subscript`, `var`, `let`, `import`
    }

    let kind: Kind
    let name: String
    /// Attributes and modifiers in front of it, such as `public`, `static`, `main`.
    var modifiers: Set<String> = []
    /// Where it begins, attributes and modifiers included.
    var firstLine: Int
    /// Where its keyword stands.
    let line: Int
    /// Where its body closes; the keyword's line for one without a body.
    var lastLine: Int
    /// How many parameters a function takes.
    var parameters = 0
    /// The kind of the type or extension around it, if it stands directly in one.
    var enclosing: Kind?
    /// Whether a protocol that other modules see asks for it.
    var isPublicRequirement = false
    /// The tokens between its braces.
    var body: Range<Int> = 0..<0

    /// Whether other modules see it.
    var isPublic: Bool { !modifiers.isDisjoint(with: ["public", "package", "open"]) }
}

/// Finds the declarations in a list of tokens.
///
/// It follows brackets and keywords and nothing else, which is enough for code that compiles.
struct Outline {
    private(set) var declarations: [Declaration] = []
    private let tokens: [Token]
    private var scopes: [Scope] = []
    /// Open round and square brackets inside the innermost brace.
    private var depth = 0

    /// What an open brace belongs to: a declaration, or a statement or closure.
    private struct Scope {
        let declaration: Int?
        let depth: Int
    }

    init(_ tokens: [Token]) {
        self.tokens = tokens
    }

    mutating func run() {
        var bodies: [Int: Int] = [:]
        for index in tokens.indices {
            switch tokens[index].text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{": open(at: index, of: bodies[index])
            case "}": close(at: index)
            default:
                guard depth == 0, let found = declaration(at: index) else { continue }
                declarations.append(found)
                if let brace = body(after: index, of: found.kind) { bodies[brace] = declarations.count - 1 }
            }
        }
    }

    private mutating func open(at index: Int, of declaration: Int?) {
        scopes.append(Scope(declaration: declaration, depth: depth))
        depth = 0
        if let declaration { declarations[declaration].body = index + 1..<index + 1 }
    }

    private mutating func close(at index: Int) {
        guard let scope = scopes.popLast() else { return }
        depth = scope.depth
        guard let declaration = scope.declaration else { return }
        declarations[declaration].lastLine = tokens[index].line
        declarations[declaration].body = declarations[declaration].body.lowerBound..<index
    }

    private func declaration(at index: Int) -> Declaration? {
        let token = tokens[index]
        guard let kind = Declaration.Kind(rawValue: token.text), text(index - 1) != ".", text(index + 1) != ":",
            isDeclaration(kind, at: index)
        else { return nil }
        let outer = scopes.last?.declaration.map { declarations[$0] }
        var found = Declaration(
            kind: kind, name: text(index + 1), firstLine: token.line, line: token.line, lastLine: token.line)
        (found.modifiers, found.firstLine) = modifiers(before: index)
        found.parameters = parameters(after: index, of: kind)
        found.enclosing = outer?.kind
        found.isPublicRequirement = outer.map { $0.kind == .protocol && $0.isPublic } ?? false
        return found
    }

    /// Whether the keyword declares something here, where it might also be a call, a label or a local value.
    private func isDeclaration(_ kind: Declaration.Kind, at index: Int) -> Bool {
        let next = text(index + 1)
        switch kind {
        case .`init`: return ["(", "<", "?", "!"].contains(next)
        case .subscript: return ["(", "<"].contains(next)
        case .deinit: return next == "{"
        case .class: return !["func", "var", "let", "subscript", ","].contains(next)
        case .actor: return isName(next) && ["{", ":", "<"].contains(text(index + 2))
        case .var, .let: return isInTypeOrFile
        case .import: return scopes.isEmpty
        default: return true
        }
    }

    private var isInTypeOrFile: Bool {
        guard let scope = scopes.last else { return true }
        let types: Set<Declaration.Kind> = [.struct, .class, .enum, .actor, .protocol, .extension]
        return scope.declaration.map { types.contains(declarations[$0].kind) } ?? false
    }

    /// Walks back over `@attribute(…) public static …`.
    private func modifiers(before index: Int) -> (words: Set<String>, firstLine: Int) {
        var words: Set<String> = []
        var start = index
        while start > 0 {
            var word = start - 1
            let isGroup = text(word) == ")"
            if isGroup { word = opening(of: word) - 1 }
            guard word >= 0 else { break }
            if text(word - 1) == "@" {
                start = word - 1
            } else if knownModifiers.contains(text(word)) {
                start = word
            } else {
                break
            }
            // `private(set)` says nothing about who sees the declaration.
            if !isGroup || text(word + 2) != "set" { words.insert(text(word)) }
        }
        return (words, tokens[start].line)
    }

    private func opening(of close: Int) -> Int {
        var open = close
        var depth = 0
        repeat {
            if text(open) == ")" { depth += 1 }
            if text(open) == "(" { depth -= 1 }
            open -= 1
        } while depth > 0 && open >= 0
        return open + 1
    }

    /// One colon per parameter; those of dictionaries and closures stand inside further brackets.
    private func parameters(after index: Int, of kind: Declaration.Kind) -> Int {
        guard [.func, .`init`, .subscript].contains(kind),
            var at = tokens[index...].firstIndex(where: { $0.text == "(" })
        else { return 0 }
        var depth = 0
        var colons = 0
        repeat {
            switch text(at) {
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            case ":" where depth == 1: colons += 1
            default: break
            }
            at += 1
        } while depth > 0 && at < tokens.count
        return colons
    }

    /// The brace that opens the body, unless the declaration ends before one.
    private func body(after index: Int, of kind: Declaration.Kind) -> Int? {
        guard ![.import, .typealias, .associatedtype, .var, .let].contains(kind) else { return nil }
        var depth = 0
        for at in tokens.indices[(index + 1)...] {
            switch text(at) {
            case "{" where depth == 0: return at
            case "}" where depth == 0: return nil
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            case let word where depth == 0 && tokens[at].line > tokens[at - 1].line && startsStatement(word): return nil
            default: break
            }
        }
        return nil
    }

    private func startsStatement(_ word: String) -> Bool {
        word == "@" || word == "#" || knownModifiers.contains(word) || Declaration.Kind(rawValue: word) != nil
    }

    private func isName(_ text: String) -> Bool {
        text.utf8.first.map { $0 >= UInt8(ascii: "A") } ?? false
    }

    private func text(_ index: Int) -> String {
        tokens.indices.contains(index) ? tokens[index].text : ""
    }
}

private let knownModifiers: Set<String> = [
    "public", "package", "open", "internal", "private", "fileprivate", "static", "class", "final", "override", "lazy",
    "weak", "unowned", "mutating", "nonmutating", "consuming", "borrowing", "nonisolated", "isolated", "indirect",
    "required", "convenience", "dynamic", "distributed", "prefix", "postfix", "infix", "unsafe",
]
