// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CLinux
import Glibc

/// Opens connections to servers.
package struct Connector: Sendable {
    private let host: String
    private let port: UInt16
    private let tls: TLSContext?

    /// - Parameters:
    ///   - host: The server's name or IP address; the certificate has to be for it.
    ///   - port: The server's port.
    ///   - tls: The rules of TLS; nil for a plain connection.
    package init(host: String, port: UInt16, tls: TLSContext?) {
        self.host = host
        self.port = port
        self.tls = tls
    }

    /// Connects and greets, TLS included; called on the loop's thread.
    ///
    /// A name's addresses are tried one after the other.
    ///
    /// - Parameters:
    ///   - loop: Where the connection is to live.
    ///   - deadline: When it has to stand.
    ///   - trying: Learns of each channel before it is waited for; cutting one ends that attempt.
    /// - Throws: ``SocketError``.
    package func connect(
        on loop: EventLoop, until deadline: Milliseconds, trying: (Channel) -> Void = { _ in }
    ) async throws -> Transport {
        loop.assertCurrent()
        var failure = SocketError(.unreachable, "there is no host \(host); look at its spelling and the name service")
        for address in await addresses() {
            do {
                let channel = try open(address, on: loop)
                trying(channel)
                return try await connect(channel, until: deadline)
            } catch let error as SocketError {
                failure = error
            }
        }
        throw failure
    }

    private func open(_ address: String, on loop: EventLoop) throws -> Channel {
        let descriptor = unsafe clinux_connect(address, port)
        guard descriptor >= 0 else { throw unreachable(systemMessage(-descriptor)) }
        let channel = Channel(owning: descriptor, on: loop, interest: Channel.connection)
        guard loop.watch(channel) else {
            channel.close()
            throw SocketError(.resources, "the kernel watches no more sockets")
        }
        channel.isWritable = false
        return channel
    }

    private func connect(_ channel: Channel, until deadline: Milliseconds) async throws -> Transport {
        do {
            let transport = Transport(channel, tls: try tls?.session(over: channel.descriptor, name: host))
            try await channel.waitWritable(until: deadline)
            let error = clinux_socket_error(channel.descriptor)
            if error != 0 { throw unreachable(systemMessage(error)) }
            try await greet(over: transport, until: deadline)
            return transport
        } catch {
            channel.close()
            switch error {
            case ChannelError.timedOut: throw unreachable("no answer in time")
            case ChannelError.closed: throw unreachable("the connection broke")
            default: throw error
            }
        }
    }

    private func greet(over transport: Transport, until deadline: Milliseconds) async throws {
        do {
            try await transport.handshake(until: deadline)
        } catch ChannelError.closed {
            throw unreachable("TLS failed: \(transport.certificateProblem ?? "no common version, cipher or protocol")")
        }
    }

    private func unreachable(_ reason: String) -> SocketError {
        SocketError(.unreachable, "\(SocketAddress(host: host, port: port)) cannot be reached: \(reason)")
    }

    /// The host's addresses; a name is looked up on a thread of its own, since that blocks.
    private func addresses() async -> [String] {
        var scratch = in6_addr()
        if unsafe inet_pton(AF_INET, host, &scratch) == 1 || inet_pton(AF_INET6, host, &scratch) == 1 { return [host] }
        return await withCheckedContinuation { continuation in
            pthread_detach(startThread { continuation.resume(returning: resolve(host)) })
        }
    }
}

private func resolve(_ host: String) -> [String] {
    let width = Int(INET6_ADDRSTRLEN)
    var text = [CChar](repeating: 0, count: 8 * width)
    let count = unsafe Int(clinux_resolve(host, &text, 8))
    return (0..<count).map { index in
        let bytes = text[index * width..<(index + 1) * width].prefix { $0 != 0 }
        return String(decoding: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
