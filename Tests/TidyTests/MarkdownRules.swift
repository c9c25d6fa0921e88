// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Documents that stay true: what they point to is there.
let markdownRules: [Rule] = [
    Rule("a link in a document leads somewhere") { repository in
        repository.markdown.flatMap { file in
            file.prose.flatMap { line, text in
                links(in: text).filter { !leadsSomewhere($0, from: file, in: repository) }.map {
                    Finding(file.path, line, "\($0) does not exist: mend the link")
                }
            }
        }
    },
    Rule("a path named in a document exists") { repository in
        repository.markdown.filter { $0.path != "CHANGELOG.md" }.flatMap { file in
            file.prose.flatMap { line, text in
                paths(in: text, of: repository).filter { !repository.paths.contains($0) }.map {
                    Finding(file.path, line, "\($0) does not exist: name what does")
                }
            }
        }
    },
    Rule("a document cites symbols, never line numbers") { repository in
        repository.markdown.flatMap { file in
            file.findings { line in
                line.firstRange(of: #/\.(swift|c|h|py):\d+|#L\d+/#).map {
                    "\(line[$0]) is wrong after the next change: name the function or type"
                }
            }
        }
    },
    Rule("a test that a feature table names exists") { repository in
        let tests = repository.testNames
        return repository.markdown.filter { $0.path == "docs/reference/durable-task.md" }.flatMap { file in
            file.prose.filter { $0.1.hasPrefix("| ") }.flatMap { line, text in
                namesInLastColumn(of: text).filter { !tests.contains($0) }.map {
                    Finding(file.path, line, "there is no test \($0): name one that shows the feature")
                }
            }
        }
    },
    Rule("ARCHITECTURE.md has a line for every target") { repository in
        guard let map = repository.markdown.first(where: { $0.path == "ARCHITECTURE.md" }) else {
            return [Finding("ARCHITECTURE.md", 1, "the map of the house is missing: write it")]
        }
        return repository.targets.filter { $0.path.hasPrefix("Sources/") && !map.names($0.name) }.map {
            Finding(map.path, 1, "the floors table does not name \($0.name): say in one line what it does")
        }
    },
]

extension Repository {
    /// The names of the functions in the tests.
    fileprivate var testNames: Set<String> {
        Set(
            textFiles.filter { $0.path.hasPrefix("Tests/") && $0.fileExtension == "swift" }.flatMap { file in
                file.lines.compactMap { $0.firstMatch(of: #/func (\w+)\(/#).map { String($0.1) } }
            })
    }

    fileprivate var markdown: [TextFile] { textFiles.filter { $0.fileExtension == "md" } }
}

extension TextFile {
    /// The lines outside fenced blocks, numbered from 1.
    fileprivate var prose: [(Int, String)] {
        var isFenced = false
        return lines.enumerated().compactMap { index, line in
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isFenced.toggle()
                return nil
            }
            return isFenced ? nil : (index + 1, line)
        }
    }

    fileprivate func names(_ target: String) -> Bool {
        lines.contains { $0.contains("`\(target)`") }
    }
}

private func links(in line: String) -> [String] {
    line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
        rest.split(separator: ")", omittingEmptySubsequences: false).first.map(String.init)
    }
}

private func leadsSomewhere(_ link: String, from file: TextFile, in repository: Repository) -> Bool {
    if link.contains("://") || link.hasPrefix("mailto:") || link.hasPrefix("#") { return true }
    let target = link.prefix { $0 != "#" }
    let folder = file.path.split(separator: "/").dropLast()
    var parts: [Substring] = Array(folder)
    for part in target.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.isEmpty || repository.paths.contains(parts.joined(separator: "/"))
}

/// What stands in backticks in the last column of a table's row.
private func namesInLastColumn(of row: String) -> [String] {
    let columns = row.split(separator: "|")
    guard columns.count > 1, let last = columns.dropLast(columns.last == " " ? 1 : 0).last else { return [] }
    let spans = last.split(separator: "`", omittingEmptySubsequences: false)
    return spans.indices.filter { $0 % 2 == 1 }.map { String(spans[$0]) }
}

/// What stands in backticks and begins with a folder of ours.
private func paths(in line: String, of repository: Repository) -> [String] {
    let spans = line.split(separator: "`", omittingEmptySubsequences: false)
    return spans.indices.filter { $0 % 2 == 1 }.map { spans[$0] }.compactMap { span in
        let path = span.hasSuffix("/") ? span.dropLast() : span
        let isPath = span.contains("/") && span.allSatisfy { $0.isLetter || $0.isNumber || "/._-+".contains($0) }
        guard isPath, let first = path.split(separator: "/").first, repository.paths.contains(String(first)) else {
            return nil
        }
        return String(path)
    }
}
