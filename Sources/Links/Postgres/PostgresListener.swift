// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc
import SQL

/// A thread that waits for the notifications of one channel, and connects again when it has to.
final class PostgresListener: Sendable {
    private let settings: PostgresSettings
    private let channel: String
    private let lock: Int64?
    private let continuation: AsyncStream<PostgresNotification>.Continuation
    private let stop = StopFlag()

    init(
        _ settings: PostgresSettings, channel: String, lock: Int64?,
        _ continuation: AsyncStream<PostgresNotification>.Continuation
    ) {
        self.settings = settings
        self.channel = channel
        self.lock = lock
        self.continuation = continuation
    }

    /// Starts the thread, which calls `end` as its last act.
    func start(_ end: @escaping @Sendable () -> Void) {
        continuation.onTermination = { [stop] _ in stop.raise() }
        let thread = startThread { [self] in
            run()
            continuation.finish()
            end()
        }
        pthread_detach(thread)
    }

    /// Ends the stream.
    func cancel() { stop.raise() }

    private func run() {
        var pause = Duration.milliseconds(50)
        while !stop.isRaised {
            do {
                let connection = try PostgresConnection(settings)
                try connection.script("LISTEN \(quotedChannel)")
                // Shared: a session of before that broke may still be there for the server.
                if let lock { try connection.script("SELECT pg_advisory_lock_shared(\(lock))") }
                pause = .milliseconds(50)
                continuation.yield(.listening)
                listen(on: connection)
            } catch {
                // An unreachable server is what the pause is for; the consumer hears of it as a gap.
                if stop.wait(for: pause) { return }
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    private func listen(on connection: PostgresConnection) {
        repeat {
            while let payload = connection.nextNotification() { pass(payload) }
            var watched = [connection.socket, stop.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            _ = pollReady(&watched, nil)
        } while !stop.isRaised && connection.takeArrived()
    }

    private func pass(_ payload: String) {
        if case .dropped = continuation.yield(.message(payload)) { continuation.yield(.listening) }
    }

    private var quotedChannel: String {
        "\"" + channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// The listeners of one database, so that closing it ends them.
final class PostgresListeners: Sendable {
    private struct State {
        var isClosed = false
        var running: [ObjectIdentifier: PostgresListener] = [:]
    }

    private let state = Lock(State())

    func start(_ listener: PostgresListener) {
        let key = ObjectIdentifier(listener)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.running[key] = listener }
            return state.isClosed
        }
        if isClosed { listener.cancel() }
        listener.start { [self] in state.withLock { _ = $0.running.removeValue(forKey: key) } }
    }

    func close() {
        let running = state.withLock { state in
            state.isClosed = true
            return state.running.values.map { $0 }
        }
        for listener in running { listener.cancel() }
    }
}
