// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import Glibc
import Imaging

/// The program `darkroom`: finds the verb, runs it, and turns what comes back into an exit code.
@main
struct DarkroomCommand {
    static var verbs: [any Verb.Type] {
        [Serve.self, Upload.self, Process.self, Images.self, Runs.self, SharedAccess.self, Doctor.self, Version.self]
    }

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        // Before anything else: a worker is this same program, and must not pay for what it does not use.
        if words.first == ImageWorker.verb { exit(ImageWorker.serve()) }
        exit(await run(words).rawValue)
    }

    private static func run(_ words: [String]) async -> ExitStatus {
        guard let name = words.first, !["help", "--help", "-h"].contains(name) else {
            if words.count > 1, let verb = verbs.first(where: { $0.name == words[1] }) {
                print(verb.help)
            } else {
                print(overview)
            }
            return words.isEmpty ? .usage : .done
        }
        if name == "--version" { return await run(["version"]) }
        guard let verb = verbs.first(where: { $0.name == name }) else {
            let near = nearest(to: name, among: verbs.map { $0.name }).map { "; did you mean \"\($0)\"?" } ?? ""
            complain("there is no verb \"\(name)\"\(near)\nSee \"darkroom help\".")
            return .usage
        }
        return await run(verb, Array(words.dropFirst()))
    }

    private static func run(_ verb: any Verb.Type, _ words: [String]) async -> ExitStatus {
        if words.contains("--help") || words.contains("-h") {
            print(verb.help)
            return .done
        }
        do {
            var arguments = Arguments(words)
            return try await verb.init(&arguments).run()
        } catch let failure as CommandFailure {
            let hint = failure.status == .usage ? "\nSee \"darkroom \(verb.name) --help\"." : ""
            complain(failure.message + hint)
            return failure.status
        } catch let error as SettingsError {
            complain(error.description)
            return .usage
        } catch {
            complain("\(error)")
            return .failed
        }
    }

    private static func complain(_ message: String) {
        writeToStandardError("darkroom: \(message)\n")
    }

    private static var overview: String {
        let list = verbs.map { "  \($0.name.padded(to: 10))\($0.summary)" }.joined(separator: "\n")
        return """
            darkroom turns "somebody uploaded a picture" into "the picture is measured, resized,
            recorded and announced": once each, whatever crashes on the way.

            Usage: darkroom VERB [options]

            \(list)

            "darkroom VERB --help" has options and examples. A first look:

              darkroom serve                      a working system in ./darkroom-data
              darkroom upload holiday/*.jpg       in another terminal
              darkroom images list

            \(ExitStatus.help)
            """
    }
}
