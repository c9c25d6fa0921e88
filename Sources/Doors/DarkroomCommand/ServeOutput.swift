// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import FoundationEssentials
import Glibc
import ImageStores
import Telemetry

/// What `serve` prints.
///
/// Where everything is, and one line for each finished picture. The log goes to standard error.
struct ServeOutput: Sendable {
    let json: Bool
    let quiet: Bool

    func started(_ server: DarkroomServer) {
        if json { return line(#"{"event":"started","blobEndpoint":"\#(server.note.blobEndpoint)"}"#) }
        let doors = [
            server.taskHint.map { "\n  task hub       \($0) (gRPC)" },
            server.metricsHint.map { "\n  metrics        \($0)" },
        ].compactMap(\.self)
        line(
            """
            Darkroom \(Program.version) is ready.

              blob service   \(server.note.blobEndpoint)
              connect with   \(server.connectionHint)
              watching       \(server.watched)
              records        \(server.settings.data.recordsDatabase), table ImageMetadata
              notices        \(server.noticeHint)\(doors.joined())

            Stop with Ctrl-C. In another terminal: darkroom upload PICTURES
            """)
    }

    func finished(_ record: ImageRecord) {
        if quiet { return }
        guard json else { return line(describeFinished(record)) }
        if let text = try? JSONEncoder.ofThisProgram().encode(record) { line(String(decoding: text, as: UTF8.self)) }
    }

    func stopping() {
        if !json { line("Stopping: running work ends first. Once more stops at once.") }
    }

    func stopped() {
        if !json { line("Stopped.") }
    }

    /// The log, as lines on standard error.
    func log(from level: String) -> Log {
        let levels: [String: LogLevel] = ["debug": .debug, "info": .info, "warning": .warning, "error": .error]
        return Log(from: levels[level] ?? .info) { entry in
            let values = entry.values.map { " \($0.name)=\($0.value)" }.joined()
            let time = Date.now.formatted(.iso8601)
            writeToStandardError("\(time) \(entry.level) \(entry.message)\(values)\n")
        }
    }

    /// Prints whole lines at once, also when they go into a pipe.
    private func line(_ text: String) {
        print(text)
        fflush(nil)
    }
}
