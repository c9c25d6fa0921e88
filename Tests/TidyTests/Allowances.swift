// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A file outside the bindings of C libraries that may do what is theirs, and why.
struct Allowance: Sendable {
    /// What needs leave.
    enum Mark: String, Sendable, CaseIterable {
        /// Code that the compiler cannot check for memory safety.
        case unsafe
        /// A type that vouches for its own thread safety.
        case uncheckedSendable = "@unchecked Sendable"
        /// A variable that vouches for its own thread safety.
        case nonisolatedUnsafe = "nonisolated(unsafe)"
        /// A symbol bound by its name.
        case silgenName = "@_silgen_name"
        /// Whole Foundation, with its ICU, in the program.
        case foundation = "import Foundation"
    }

    let mark: Mark
    let path: String
    let reason: String

    init(_ mark: Mark, in path: String, because reason: String) {
        self.mark = mark
        self.path = path
        self.reason = reason
    }

    /// Whether the list has an entry for it.
    static func covers(_ mark: Mark, in path: String) -> Bool {
        allowances.contains { $0.mark == mark && $0.path == path }
    }
}

/// All of them; an entry that nothing needs any more is a finding itself.
let allowances: [Allowance] = [
    Allowance(
        .unsafe, in: "Sources/Doors/Darkroom/Telemetry/SpanFile.swift",
        because: "open and write take C strings and addresses; a log of spans needs no binding of its own"),
    Allowance(
        .unsafe, in: "Sources/Doors/DarkroomCommand/Terminal.swift",
        because: "write and ioctl take addresses; a terminal needs no binding of its own"),
    Allowance(
        .unsafe, in: "Sources/Links/HTTPClient/UploadWriter.swift",
        because: "pread fills an array; a file under upload needs no binding of its own"),
    Allowance(
        .uncheckedSendable, in: "Sources/Links/HTTPServer/BodyWriter.swift",
        because: "it belongs to an event loop, which it moves to"),
    Allowance(
        .uncheckedSendable, in: "Sources/Links/HTTPServer/Connection.swift",
        because: "it belongs to an event loop, which is checked at run time"),
    Allowance(
        .unsafe, in: "Sources/Links/HTTPServer/Connection.swift",
        because: "the task of a request is cancelled from outside it, on the loop it runs on"),
    Allowance(
        .unsafe, in: "Sources/Links/HTTPServer/InputBuffer.swift",
        because: "sockets fill memory by its address"),
    Allowance(
        .uncheckedSendable, in: "Sources/Links/HTTPServer/RequestBody.swift",
        because: "it belongs to an event loop, which it moves to"),
    Allowance(
        .unsafe, in: "Sources/Links/HTTPServer/RequestBody.swift",
        because: "sockets fill memory by its address"),
    Allowance(
        .unsafe, in: "Sources/Links/HTTPServer/RequestParser.swift",
        because: "text is made of bytes in place, without a copy"),
    Allowance(
        .unsafe, in: "Sources/Links/Mail/MailOutbox.swift",
        because: "open, write, fsync and rename take C strings and addresses"),
    Allowance(
        .unsafe, in: "Sources/Rooms/AzureStorage/Client/LocalFile.swift",
        because: "open, pread, pwrite and rename take C strings and addresses"),
    Allowance(
        .unsafe, in: "Sources/Rooms/AzureStorage/Values/StorageTime.swift",
        because: "clock_gettime fills a timespec by address"),
    Allowance(
        .unsafe, in: "Sources/Rooms/DurableTask/Authoring/OrchestrationContext.swift",
        because: "UUID takes its sixteen bytes as a tuple"),
    Allowance(
        .unsafe, in: "Sources/Rooms/DurableTask/Replay/ReplayCore.swift",
        because: "a parked orchestrator waits in a continuation that is never resumed, which a checked one reports"),
    Allowance(
        .unsafe, in: "Sources/Rooms/DurableTask/Replay/ReplayExecutor.swift",
        because: "a task executor runs its jobs through an unowned reference to itself"),
]
