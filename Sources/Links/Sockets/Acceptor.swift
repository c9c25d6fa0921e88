// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Telemetry

/// A listening socket on its loop.
///
/// Unchecked: it is used on that loop only.
final class Acceptor: @unchecked Sendable {
    /// A client that has just connected; whoever takes it owns the descriptor.
    struct Arrival {
        let descriptor: Int32
        let remoteAddress: String
    }

    private let channel: Channel
    private let room: any ConnectionRoom
    private let log: Log
    private var arrivals = 0

    /// Takes ownership of a listening descriptor.
    init(owning descriptor: Int32, on loop: EventLoop, room: any ConnectionRoom, log: Log) {
        channel = Channel(owning: descriptor, on: loop, interest: EPOLLIN.rawValue)
        self.room = room
        self.log = log
    }

    /// Begins to notice clients.
    func open() -> Bool { channel.loop.watch(channel) }

    /// The next client; nil once the acceptor is closed.
    func next() async -> Arrival? {
        while !channel.isCut {
            guard room.hasRoom() else {
                await rest(until: .max)
                continue
            }
            var peer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            let result = unsafe clinux_accept(channel.descriptor, &peer, peer.count)
            if result >= 0 {
                await takeTurns()
                let address = String(decoding: peer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                return Arrival(descriptor: result, remoteAddress: address)
            }
            await recover(from: -result)
        }
        return nil
    }

    /// Lets connections of this loop have a turn while a crowd arrives.
    private func takeTurns() async {
        arrivals += 1
        if arrivals % 32 == 0 { await Task.yield() }
    }

    /// Makes room for a client after another has left.
    func roomIsFree() { channel.nudge() }

    /// Refuses further clients.
    func close() { channel.close() }

    private func recover(from error: Int32) async {
        switch error {
        case EAGAIN:
            channel.isReadable = false
            try? await channel.waitReadable(until: .max)
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            log(.warning, "No descriptors or memory for another connection; waiting for one to close")
            room.waitForRoom()
            await rest(until: channel.loop.now + Self.retry)
        default:
            // The client gave up before it was taken, or its network failed: its connection's matter, not ours.
            break
        }
    }

    /// Takes no clients, and no notice of them either, until a connection closes or the time has come.
    ///
    /// They wait in the kernel's queue.
    private func rest(until deadline: Milliseconds) async {
        channel.loop.unwatch(channel)
        channel.isReadable = false
        try? await channel.waitReadable(until: deadline)
        _ = channel.loop.watch(channel)
        channel.isReadable = true
    }

    /// How soon descriptors are tried for again, since others in the process use them too.
    private static let retry: Milliseconds = 1000
}
