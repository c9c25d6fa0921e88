// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What no text file of ours may hold, and the header that each source file begins with.
let textRules: [Rule] = [
    .eachTextFile("a source file begins with the project's two-line header") { file in
        guard let mark = commentMark(of: file) else { return [] }
        let isPreamble = { (line: String) in line.hasPrefix("#!") || line.hasPrefix("// swift-tools-version") }
        let head = file.lines.drop(while: isPreamble).prefix(2)
        let header = ["\(mark) Darkroom", "\(mark) SPDX-License-Identifier: Apache-2.0"]
        return Array(head) == header ? [] : [Finding(file.path, 1, "begin with `\(header[0])` and `\(header[1])`")]
    },
    .eachTextFile("nothing is left to do later") { file in
        file.findings { line in
            leftovers.first { line.contains($0) }.map { "\($0): do it now, or open an issue and delete the line" }
        }
    },
    .eachTextFile("no path of somebody's machine") { file in
        file.findings { line in
            machineFolders.first { hasPath(line, $0) }.map { "\($0)… exists on one machine only: use a relative path" }
        }
    },
    .eachTextFile("no registry is named") { file in
        file.findings { line in
            registries.first { line.contains($0) }.map { "\($0): leave the choice to the machine's own settings" }
        }
    },
]

// Put together from parts, so that this file does not break its own rules.
private let leftovers = ["TO" + "DO", "FIX" + "ME"]
private let machineFolders = ["work", "home", "root", "Users"].map { "/" + $0 + "/" }
private let registries: [String] = [
    "py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "crates" + ".io", "docker" + ".io", "ghcr" + ".io",
    "deb.debian" + ".org", "proxy.golang" + ".org",
]

/// Whether the folder stands at the beginning of a path, not in the middle of one.
private func hasPath(_ line: String, _ folder: String) -> Bool {
    var rest = Substring(line)
    while let start = rest.firstRange(of: folder)?.lowerBound {
        let before = start > rest.startIndex ? rest[rest.index(before: start)] : " "
        if !(before.isLetter || before.isNumber || ".-_/}~>".contains(before)) { return true }
        rest = rest[rest.index(after: start)...]
    }
    return false
}

/// How a comment begins in a source file; nothing for files that need no header.
private func commentMark(of file: TextFile) -> String? {
    switch file.fileExtension {
    case "swift", "c", "h": "//"
    case "py", "sh": "#"
    case "" where file.lines[0].hasPrefix("#!") || file.path == "Makefile": "#"
    default: nil
    }
}
