// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CWorkerProcess
import Glibc

/// One worker process, as the thread that started it sees it.
///
/// Only that thread uses it, and outlives it: the system kills a worker when the thread that started it ends.
final class WorkerProcess {
    /// How a request ended.
    enum Outcome {
        case reply(WorkerReply)
        /// The process ended by itself.
        case died(ExitStatus)
        /// The deadline passed; the process was killed.
        case timedOut
        /// The caller lost interest; the process was killed.
        case interrupted
    }

    let pid: pid_t
    /// How many pictures it was given.
    private(set) var pictures = 0
    private let channel: WorkerChannel
    private var status: ExitStatus?

    /// Its end of the socket: readable while idle means that it ended.
    var socket: Int32 { channel.socket }

    var isRunning: Bool { status == nil }

    /// Starts a process and waits until it is ready.
    ///
    /// - Throws: ``ImagingFailure`` of code `workerUnavailable`.
    init(_ configuration: ImageWorkerConfiguration) throws {
        (pid, channel) = try Self.spawn(configuration)
        let settings = WorkerSettings(
            server: getpid(), memoryBytes: UInt64(configuration.memoryBytes ?? 0), isConfined: configuration.isConfined)
        let deadline = ContinuousClock.now + .seconds(configuration.startSeconds)
        do {
            try channel.send(settings)
            if case .reply(.ready) = answer(until: deadline, WakeEvent(), isInterrupted: { false }) { return }
        } catch {}
        let end = stop()
        throw ImagingFailure(
            .workerUnavailable, "No picture worker starts from \(configuration.executable): it ended with \(end).")
    }

    deinit { _ = stop() }

    /// Hands over a picture and waits for the reply.
    func ask(
        _ request: WorkerRequest, _ descriptors: [Int32], wake: WakeEvent, isInterrupted: () -> Bool
    ) -> Outcome {
        pictures += 1
        let deadline = ContinuousClock.now + .seconds(request.limits.wallSeconds)
        do { try channel.send(request, descriptors: descriptors) } catch {
            if let failure = error as? ImagingFailure { return .reply(.failed(failure)) }
            return .died(stop())
        }
        return answer(until: deadline, wake, isInterrupted: isInterrupted)
    }

    /// Ends the process, if it still runs, and says how it ended.
    func stop() -> ExitStatus {
        if let status { return status }
        kill(pid, SIGKILL)
        var raw: Int32 = 0
        while unsafe waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        close(channel.socket)
        let ended = ExitStatus(raw: raw)
        status = ended
        return ended
    }

    private func answer(
        until deadline: ContinuousClock.Instant, _ wake: WakeEvent, isInterrupted: () -> Bool
    ) -> Outcome {
        while true {
            let event = wait(for: wake, socket: channel.socket, until: deadline)
            if event.isReadable { return reply() }
            if event.isTimeout {
                _ = stop()
                return .timedOut
            }
            wake.clear()
            if isInterrupted() {
                _ = stop()
                return .interrupted
            }
        }
    }

    /// What it said; one that says nothing intelligible is ended.
    private func reply() -> Outcome {
        if let reply = try? channel.receive(WorkerReply.self)?.message { return .reply(reply) }
        return .died(end())
    }

    /// How it ended by itself; it has a moment to finish dying.
    private func end() -> ExitStatus {
        var raw: Int32 = 0
        for _ in 0..<100 {
            if unsafe waitpid(pid, &raw, WNOHANG) == pid {
                close(channel.socket)
                status = ExitStatus(raw: raw)
                return ExitStatus(raw: raw)
            }
            usleep(1000)
        }
        return stop()
    }

    private static func spawn(_ configuration: ImageWorkerConfiguration) throws -> (pid_t, WorkerChannel) {
        var pair: [Int32] = [-1, -1]
        let paired = unsafe cworker_socket_pair(&pair)
        guard paired == 0 else { throw ImagingFailure(.workerUnavailable, "\(SystemError("socketpair"))") }
        let arguments = [configuration.executable] + configuration.arguments
        let pid = unsafe withCStrings(arguments) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe cworker_spawn(configuration.executable, arguments, environment, pair[1])
            }
        }
        let error = SystemError("spawn")
        close(pair[1])
        guard pid > 0 else {
            close(pair[0])
            throw ImagingFailure(
                .workerUnavailable, "No picture worker starts from \(configuration.executable): \(error).")
        }
        return (pid, WorkerChannel(socket: pair[0]))
    }

    /// Two arenas keep glibc from holding a picture's memory once per thread; a crash needs no report of its
    /// own making, which would cost seconds.
    private static let environment = ["MALLOC_ARENA_MAX=2", "SWIFT_BACKTRACE=enable=no"]
}

/// How a process ended.
struct ExitStatus: Equatable, CustomStringConvertible {
    /// As `waitpid` gives it.
    let raw: Int32

    /// The signal that ended it; nil when it ended by itself.
    var signal: Int32? { raw & 0x7f == 0 ? nil : raw & 0x7f }

    var description: String { signal.map { "signal \($0)" } ?? "status \(raw >> 8 & 0xff)" }
}

/// Lends texts as C wants them: an array of pointers with a null at its end.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeBufferPointer { buffer in
        guard let first = buffer.baseAddress else { preconditionFailure("the array ends with a null") }
        return unsafe body(first)
    }
}
