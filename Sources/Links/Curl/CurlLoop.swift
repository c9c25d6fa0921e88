// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CCurl
import CCurlShim
import Glibc

/// The thread that owns a multi handle: everything of libcurl but its wake-up is called here alone.
///
/// Unchecked: others touch the inbox alone, under its lock; the handles belong to the thread.
@safe
final class CurlLoop: @unchecked Sendable {
    /// What others ask of the thread.
    enum Command: Sendable {
        case start(TransferCore, CurlRequest)
        case unpause(TransferCore)
        case cancel(TransferCore)
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopped = false
    }

    private static let idleHandles = 64

    private let multi: UnsafeMutableRawPointer
    private let inbox = Lock(Inbox())
    private var running: [ObjectIdentifier: EasyHandle] = [:]
    private var idle: [EasyHandle] = []

    init(limits: CurlSession.Limits) {
        CurlLoop.prepareLibrary
        guard let multi = unsafe curl_multi_init() else { preconditionFailure("out of memory") }
        unsafe self.multi = multi
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, limits.connectionsPerHost)
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.idleConnections)
    }

    /// Prepares libcurl once a process.
    private static let prepareLibrary: Void = {
        let result = curl_global_init(Int(CURL_GLOBAL_ALL))
        precondition(result == CURLE_OK, "libcurl does not start")
    }()

    /// Starts the thread, which keeps the loop alive until it stops.
    func start() {
        let thread = startThread { [self] in run() }
        pthread_detach(thread)
    }

    /// Passes a command on; after the stop, transfers fail at once and the rest is moot.
    func submit(_ command: Command) {
        let isAccepted = inbox.withLock { inbox in
            guard !inbox.isStopped else { return false }
            inbox.commands.append(command)
            // Within the lock: the handle lives as long as the inbox is not stopped.
            if inbox.commands.count == 1 { unsafe curl_multi_wakeup(multi) }
            return true
        }
        if !isAccepted, case .start(let core, _) = command { core.finish(.failure(.closed)) }
    }

    /// Asks the thread to end.
    func stop() {
        inbox.withLock { inbox in
            guard !inbox.isStopped else { return }
            inbox.isStopped = true
            unsafe curl_multi_wakeup(multi)
        }
    }

    private func run() {
        blockBrokenPipeSignal()
        while let commands = takeCommands() {
            for command in commands { perform(command) }
            transferWhatIsReady()
            unsafe curl_multi_poll(multi, nil, 0, 10_000, nil)
        }
        shutDown()
    }

    /// What was asked since the last time; nil after the stop.
    private func takeCommands() -> [Command]? {
        inbox.withLock { inbox in
            if inbox.isStopped { return nil }
            defer { inbox.commands.removeAll(keepingCapacity: true) }
            return inbox.commands
        }
    }

    private func perform(_ command: Command) {
        switch command {
        case .start(let core, let request): start(core, request)
        case .unpause(let core): running[ObjectIdentifier(core)]?.unpause()
        case .cancel(let core): end(core, with: .failure(.cancelled))
        }
    }

    private func start(_ core: TransferCore, _ request: CurlRequest) {
        let handle = idle.popLast() ?? EasyHandle()
        do {
            try handle.prepare(request, for: core)
            let result = unsafe curl_multi_add_handle(multi, handle.pointer)
            guard result == CURLM_OK else {
                throw CurlError(.invalid, message: "libcurl refused a transfer: \(result)")
            }
            running[ObjectIdentifier(core)] = handle
        } catch {
            recycle(handle)
            core.finish(.failure(error as? CurlError ?? CurlError(.invalid, message: "\(error)")))
        }
    }

    private func transferWhatIsReady() {
        var unfinished: Int32 = 0
        let result = unsafe curl_multi_perform(multi, &unfinished)
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let core = unsafe EasyHandle.core(of: message.pointee.easy_handle),
                let handle = running[ObjectIdentifier(core)]
            else { continue }
            end(core, with: unsafe handle.outcome(of: message.pointee.data.result))
        }
        guard result != CURLM_OK else { return }
        endAll(with: CurlError(.interrupted, message: "libcurl failed (code \(result.rawValue))"))
    }

    private func end(_ core: TransferCore, with outcome: Result<Void, CurlError>) {
        guard let handle = running.removeValue(forKey: ObjectIdentifier(core)) else { return }
        unsafe curl_multi_remove_handle(multi, handle.pointer)
        recycle(handle)
        core.finish(outcome)
    }

    private func endAll(with error: CurlError) {
        for core in running.values.compactMap(\.core) { end(core, with: .failure(error)) }
    }

    private func recycle(_ handle: EasyHandle) {
        handle.reset()
        if idle.count < CurlLoop.idleHandles { idle.append(handle) }
    }

    private func shutDown() {
        endAll(with: .closed)
        // Commands hold transfers and transfers the loop: none may stay.
        let forgotten = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for case .start(let core, _) in forgotten { core.finish(.failure(.closed)) }
        idle = []
        unsafe curl_multi_cleanup(multi)
    }
}

/// OpenSSL writes to sockets without MSG_NOSIGNAL; a peer that went away must not end the process.
private func blockBrokenPipeSignal() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}
