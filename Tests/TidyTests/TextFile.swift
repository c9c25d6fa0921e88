// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A file of text.
struct TextFile: Sendable {
    /// From the root of the repository.
    let path: String
    /// Without their line ends.
    let lines: [String]

    init(_ path: String, _ text: String) {
        self.path = path
        // "\r\n" is one Character, so a file with such line ends would look like a single line.
        lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
    }

    /// What the path ends in, such as `swift`; nothing for a file like `Makefile`.
    var fileExtension: Substring {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...]
    }

    /// Findings at the lines for which `advice` has something to say.
    func findings(_ advice: (String) -> String?) -> [Finding] {
        lines.enumerated().compactMap { index, line in
            advice(line).map { Finding(path, index + 1, $0) }
        }
    }
}

/// A file of Swift: its text, and what a reader of the language sees in it.
struct SwiftFile: Sendable {
    let text: TextFile
    /// Words and symbols, without comments and without what stands inside quotes.
    let tokens: [Token]
    /// The comments by the line they stand on.
    let comments: [Int: String]
    /// What the file declares.
    let declarations: [Declaration]

    var path: String { text.path }

    init(_ text: TextFile) {
        self.text = text
        var lexer = Lexer(text.lines.joined(separator: "\n"))
        lexer.run()
        tokens = lexer.tokens
        comments = lexer.comments
        var outline = Outline(lexer.tokens)
        outline.run()
        declarations = outline.declarations
    }

    init(_ path: String, _ text: String) {
        self.init(TextFile(path, text))
    }

    /// The comment on a line and the one that ends just above it; attributes may stand between.
    func comment(at line: Int) -> String {
        var found = comments[line] ?? ""
        for above in stride(from: line - 1, to: 0, by: -1) {
            let start = text.lines[above - 1].drop { $0 == " " }
            if start.hasPrefix("@") { continue }
            guard let comment = comments[above], start.hasPrefix("//") else { break }
            found = comment + "\n" + found
        }
        return found
    }
}
