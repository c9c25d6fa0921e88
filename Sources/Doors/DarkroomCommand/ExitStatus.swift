// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How the program ends; part of its interface, so that scripts can rely on it.
enum ExitStatus: Int32 {
    /// Everything was done.
    case done = 0
    /// Some of the work failed; what failed was said.
    case failed = 1
    /// The command line or a setting is wrong; nothing was done.
    case usage = 2
    /// What was asked for does not exist.
    case notFound = 3
    /// The server is not reachable, or the data folder or port is in use by another.
    case unavailable = 4

    /// The lines every help text ends with.
    static let help = """
        Exit codes:
          0  done    1  some of the work failed    2  wrong usage or settings
          3  not found    4  server not reachable, or data folder or port in use
        """
}

/// A failure that ends the program with a status and a sentence.
struct CommandFailure: Error {
    let status: ExitStatus
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    static func usage(_ message: String) -> CommandFailure { CommandFailure(.usage, message) }
}
