// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// Runs a program that nobody here wrote.
///
/// By posix_spawn, since starting a `Process` reads out of bounds, which ends a run under the address sanitizer.
enum Command {
    /// What the program printed and how it ended.
    struct Outcome: Sendable {
        var output = ""
        /// Its exit status; -1 when it did not start or exit.
        var status: Int32 = -1
    }

    static func run(_ program: String, _ arguments: String...) async throws -> Outcome {
        try await run(program, arguments)
    }

    static func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
        await blocking { spawn([program] + arguments) }
    }

    private static func spawn(_ arguments: [String]) -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return Outcome() }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var strings = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe release(strings) }
        var child: pid_t = 0
        var nothing: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        let status = unsafe posix_spawnp(&child, arguments[0], &actions, nil, &strings, &nothing)
        close(ends[1])
        guard status == 0 else { return Outcome() }
        return outcome(of: child, printingTo: ends[0])
    }

    @unsafe
    private static func release(_ strings: [UnsafeMutablePointer<CChar>?]) {
        for index in unsafe strings.indices { unsafe free(strings[index]) }
    }

    private static func outcome(of child: pid_t, printingTo descriptor: Int32) -> Outcome {
        var outcome = Outcome()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = unsafe read(descriptor, &buffer, buffer.count), count > 0 {
            outcome.output += String(decoding: buffer[..<count], as: UTF8.self)
        }
        var status: Int32 = 0
        unsafe waitpid(child, &status, 0)
        // Exited by itself: no signal in the low bits.
        if status & 0x7f == 0 { outcome.status = status >> 8 & 0xff }
        return outcome
    }
}

/// A folder that goes away with its last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "darkroom-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file of these bytes and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }
}
