// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Darkroom
import FoundationEssentials
import Glibc
import Sockets
import StorageServer

/// `darkroom serve`.
struct Serve: Verb {
    static let name = "serve"
    static let summary = "run the server: storage, pipelines, records, notices"
    static var help: String {
        """
        Runs a server. Without settings it is a working system: it watches the container images-input, writes
        thumbnails and optimized-images, keeps records in SQLite and mail in an outbox folder, all under
        ./darkroom-data, and listens on 127.0.0.1 only.

        Usage: darkroom serve [options]

          --config FILE      settings in JSON5; default: darkroom.json, if it is there
          --data FOLDER      the folder that holds all data
          --port PORT        the blob service's port; 0 takes a free one
          --set KEY=VALUE    any setting; may be repeated
          --json             one JSON object a line instead of text
          --quiet            do not print a line for each finished picture

        A setting is looked for in this order: flag, environment, file, default. The variable of storage.blobPort is
        DARKROOM_STORAGE_BLOB_PORT. The settings:

        \(Settings.helpText)

        SIGTERM and SIGINT let running work end within drainSeconds; a second one stops at once. Nothing is lost
        either way: what was not finished goes on after the next start.

        Examples:
          darkroom serve
          darkroom serve --data /srv/darkroom --port 10000
          darkroom serve --set imaging.workers=4 --set log=debug
          DARKROOM_DATA=/srv/darkroom darkroom serve

        \(ExitStatus.help)
        """
    }

    private let sources: SettingsSources
    private let json: Bool
    private let quiet: Bool

    init(_ arguments: inout Arguments) throws {
        json = arguments.flag("--json")
        quiet = arguments.flag("--quiet", "-q")
        sources = try settingsSources(&arguments)
        try arguments.finishWithoutWords()
    }

    func run() async throws -> ExitStatus {
        let signals = StopSignals()
        let settings = try Settings.load(from: sources)
        let output = ServeOutput(json: json, quiet: quiet)
        do {
            let server = try await DarkroomServer.open(settings, log: output.log(from: settings.logLevel)) {
                output.finished($0)
            }
            output.started(server)
            try await server.run(until: { await waitForStop(signals, output) })
            output.stopped()
            return .done
        } catch let error as FolderInUse {
            throw CommandFailure(.unavailable, error.description)
        } catch let error as SocketError where error.code == .addressInUse {
            throw CommandFailure(.unavailable, error.description)
        }
    }
}

/// Returns at the first signal; the second ends the process on the spot, which is as safe as a power cut.
private func waitForStop(_ signals: StopSignals, _ output: ServeOutput) async {
    for await _ in signals.stream { break }
    output.stopping()
    // Unstructured: it must outlive the wait, and ends with the process.
    Task {
        for await _ in signals.stream { exit(ExitStatus.failed.rawValue) }
    }
}
