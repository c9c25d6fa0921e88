// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import Sockets
import Telemetry

/// What all connections of a server share.
final class ServiceDesk: Sendable {
    let handlers: GRPCHandlers
    let limits: GRPCServerLimits
    let log: Log
    let life = ServiceLife()

    init(handlers: GRPCHandlers, limits: GRPCServerLimits, log: Log) {
        self.handlers = handlers
        self.limits = limits
        self.log = log
    }

    var rules: HTTP2Rules {
        HTTP2Rules(
            isServer: true, concurrentStreams: limits.concurrentCalls, windowBytes: limits.windowBytes,
            headerBytes: limits.headerBytes, resets: (limits.resetBurst, limits.resetsPerSecond))
    }

    var floods: RateGuard { RateGuard(burst: limits.controlFrameBurst, perSecond: limits.controlFramesPerSecond) }
}

/// One client's connection: a task that reads, one that writes, and one for each call.
///
/// Unchecked: it is touched on its loop's thread only.
final class ServerConnection: ServedConnection, HTTP2WireOwner, @unchecked Sendable {
    let loop: EventLoop
    let service: ServiceDesk
    let remoteAddress: String
    private let transport: Transport
    private var wire: HTTP2Wire?
    private var keepAlive: KeepAlive
    private var timer: LoopTimer?
    /// Calls whose requests are complete and that have no task yet.
    private var ready: [ServerCall] = []
    /// Handlers that have not returned, those of calls that are over included.
    private var running = 0
    private var hasGreeted = false
    private var isDraining = false
    private var hasSaidGoodbye = false
    // Times are set where it begins to run: before that, its loop may be asleep, and its clock behind.
    private var start: Milliseconds = 0
    private var idleSince: Milliseconds = 0

    init(_ transport: Transport, service: ServiceDesk, remoteAddress: String) {
        loop = transport.channel.loop
        self.transport = transport
        self.service = service
        self.remoteAddress = remoteAddress
        keepAlive = KeepAlive(
            interval: service.limits.keepAliveInterval.milliseconds,
            timeout: service.limits.keepAliveTimeout.milliseconds, now: 0)
    }

    /// Serves the client until one side has enough.
    @concurrent
    func run() async {
        loop.assertCurrent()
        defer { transport.channel.close() }
        guard service.life.phase == .serving, loop.watch(transport.channel), await greet() else { return }
        let wire = HTTP2Wire(
            transport, rules: service.rules, sendTime: service.limits.sendTime, floods: service.floods, owner: self)
        self.wire = wire
        start = loop.now
        idleSince = start
        keepAlive.rest(at: start)
        if service.life.phase != .serving { drain() }
        check()
        await withDiscardingTaskGroup { group in
            group.addTask { await wire.writeAll() }
            await wire.readAll {
                for call in ready { group.addTask { await call.run() } }
                ready = []
            }
            stopTimer()
        }
    }

    private func greet() async -> Bool {
        do {
            try await transport.handshake(until: loop.now + service.limits.handshakeTime.milliseconds)
            return !transport.isSecure || transport.agreedProtocol == "h2"
        } catch {
            service.log(.debug, "A connection ended before it began", ["peer": remoteAddress, "error": "\(error)"])
            return false
        }
    }
}

// MARK: Calls

extension ServerConnection {
    func accept(_ stream: Int32) -> (any HTTP2Stream)? {
        // Handlers that do not stop when they are cancelled count as well, or resets would buy any number of them.
        guard let wire, running < 2 * service.limits.concurrentCalls, !hasSaidGoodbye else { return nil }
        return ServerCall(stream, on: wire, of: self)
    }

    /// A call's request is complete.
    func begin(_ call: ServerCall) {
        running += 1
        ready.append(call)
    }

    /// A call's handler has returned.
    func ended(_ call: ServerCall) { running -= 1 }

    func isIdle() {
        idleSince = loop.now
        guard let timer, timer.due > idleSince + service.limits.idleTime.milliseconds else { return }
        loop.cancel(timer)
        check()
    }
}

// MARK: Time

extension ServerConnection {
    /// Does what time demands, and comes back when it may demand more.
    private func check() {
        guard let wire else { return }
        let greetingDue = start + service.limits.handshakeTime.milliseconds
        let idleDue = idleSince + service.limits.idleTime.milliseconds
        keepAlive.noteSign(at: wire.lastSign)
        if !hasGreeted && loop.now >= greetingDue { return wire.close(because: "the client never spoke HTTP/2") }
        if wire.streamCount == 0 && loop.now >= idleDue { return wire.terminate(NGHTTP2_NO_ERROR) }
        switch keepAlive.check(at: loop.now) {
        case .nothing: break
        case .ping: wire.ping()
        case .giveUp: return wire.close(because: "the client gives no sign any more")
        }
        var due = keepAlive.due
        if !hasGreeted { due = min(due, greetingDue) }
        if wire.streamCount == 0 { due = min(due, idleDue) }
        timer = loop.schedule(at: max(due, loop.now + 1)) { [weak self] in self?.check() }
    }

    private func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}

// MARK: The end

extension ServerConnection {
    func peerHasGreeted() { hasGreeted = true }

    func peerGoesAway() {}

    /// Says that the end is near; once the client has heard it, no new calls are on their way.
    func drain() {
        guard let wire else { return transport.channel.cut() }
        guard !isDraining else { return }
        isDraining = true
        wire.announceEnd()
        wire.ping()
    }

    func peerHasAnswered() {
        guard isDraining, !hasSaidGoodbye else { return }
        hasSaidGoodbye = true
        wire?.goAway()
    }

    func cut() {
        transport.channel.cut()
        wire?.close(because: "the server stops")
    }
}
