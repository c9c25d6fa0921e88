// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Calls that stop the program, reach around it, or start work that nobody waits for.
let callRules: [Rule] = [
    .eachSwiftFile("no library stops the program or prints", under: "Sources/") { file in
        file.isCommandLine ? [] : file.findings(stopOrPrint)
    },
    .eachSwiftFile("work is structured, or says why it cannot be", under: "Sources/") { file in
        file.findings(unstructuredTask).filter { !file.comment(at: $0.line).contains("Unstructured: ") }
    },
    .eachSwiftFile("the environment is read, and the program left, by the doors alone", under: "Sources/") { file in
        file.isDoor ? [] : file.findings(environmentOrExit)
    },
]

private func stopOrPrint(_ words: Words) -> String? {
    switch words[0] {
    case "try" where words[1] == "!": "try! turns an error into a crash: throw it, or handle it here"
    case "fatalError" where words[1] == "(":
        "fatalError ends the server for everybody: throw an error; a programmer's mistake is a precondition"
    case "print" where words[1] == "(" && words[-1] != "." && words[-1] != "func":
        "print belongs to the command line: return the value, or pass a line to the Log"
    default: nil
    }
}

private func unstructuredTask(_ words: Words) -> String? {
    guard words[0] == "Task" else { return nil }
    let starts =
        switch words[1] {
        case "{": true
        case "(": ["priority", "name", "executorPreference", "operation"].contains(words[2])
        case ".": ["detached", "immediate"].contains(words[2])
        default: false
        }
    return starts
        ? "a task that outlives its scope: use a child task under run(), or put `// Unstructured: <reason>` above" : nil
}

private func environmentOrExit(_ words: Words) -> String? {
    let isMember = words[-1] == "." && words[-2] != "Glibc"
    switch words[0] {
    case "getenv", "setenv", "unsetenv", "secure_getenv", "environ", "exit", "_exit", "quick_exit", "abort":
        guard !isMember, words[-1] != "func", words[1] == "(" || words[0] == "environ" else { return nil }
        return "\(words[0]) belongs to Darkroom and DarkroomCommand: take the value as a parameter, or throw"
    case "environment" where words[-1] == "." && words[-2] == "processInfo":
        return "the environment belongs to Darkroom and DarkroomCommand: take the value as a parameter"
    default: return nil
    }
}

/// The tokens around one of them; nothing beyond the ends of the file.
struct Words {
    fileprivate let tokens: [Token]
    fileprivate let index: Int

    subscript(offset: Int) -> String {
        tokens.indices.contains(index + offset) ? tokens[index + offset].text : ""
    }
}

extension SwiftFile {
    fileprivate var isCommandLine: Bool { path.hasPrefix("Sources/Doors/DarkroomCommand/") }
    fileprivate var isDoor: Bool { isCommandLine || path.hasPrefix("Sources/Doors/Darkroom/") }

    /// Findings at the tokens for which `advice` has something to say.
    fileprivate func findings(_ advice: (Words) -> String?) -> [Finding] {
        tokens.indices.compactMap { index in
            advice(Words(tokens: tokens, index: index)).map { Finding(path, tokens[index].line, $0) }
        }
    }
}
