// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A stretch of an open file.
package struct FileRegion: Sendable {
    let descriptor: Int32
    let offset: Int64
    let length: Int64

    /// The file stays its owner's, and open while it is sent.
    package init(of descriptor: Int32, offset: Int64, length: Int64) {
        self.descriptor = descriptor
        self.offset = offset
        self.length = length
    }
}

/// Bytes in and out of one connection, plain or over TLS.
///
/// Calls that wait throw ``ChannelError``. It is used on its channel's loop only.
@safe
package final class Transport {
    /// The socket.
    package let channel: Channel
    private let tls: TLSSession?
    private var burst = 0

    /// Speaks over a connected socket.
    package init(_ channel: Channel, tls: TLSSession?) {
        self.channel = channel
        self.tls = tls
    }

    /// Greets the peer, if the connection is a TLS one.
    package func handshake(until deadline: Milliseconds) async throws {
        guard let tls else { return }
        while true {
            switch tls.handshake() {
            case .moved: return
            case .wantsRead:
                channel.isReadable = false
                try await channel.waitReadable(until: deadline)
            case .wantsWrite:
                channel.isWritable = false
                try await channel.waitWritable(until: deadline)
            case .failed: throw ChannelError.closed
            }
        }
    }

    /// What both sides agreed on by ALPN; nil for nothing, or without TLS.
    package var agreedProtocol: String? { tls?.agreedProtocol }

    /// Why the peer's certificate is not accepted; nil when it is, or without TLS.
    var certificateProblem: String? { tls?.certificateProblem }

    /// Whether the connection is a TLS one.
    package var isSecure: Bool { tls != nil }

    /// Lets others on the loop have a turn, now and then: a peer that is always ready must not starve them.
    package func breathe() async {
        burst += 1
        guard burst >= 4 else { return }
        burst = 0
        await Task.yield()
    }

    /// Ends this side in order, so that the peer knows it has everything.
    package func finish() {
        tls?.finish()
        shutdown(channel.descriptor, Int32(SHUT_WR))
    }
}

// MARK: Receiving

extension Transport {
    /// Whether ``receive(into:)`` may find something.
    package var mayReceive: Bool { !channel.isCut && (channel.isReadable || tls?.hasPending == true) }

    /// Receives what is there.
    ///
    /// - Returns: How many bytes, 0 when the peer has sent its last, nil when there is nothing now.
    @unsafe
    package func receive(into target: UnsafeMutableRawBufferPointer) throws -> Int? {
        guard mayReceive else { return nil }
        guard let tls else { return try unsafe receiveRaw(into: target) }
        switch unsafe tls.read(into: target) {
        case .moved(let count): return count
        case .wantsRead:
            channel.isReadable = false
            return nil
        case .wantsWrite, .failed: throw ChannelError.closed
        }
    }

    /// Receives past TLS.
    @unsafe
    private func receiveRaw(into target: UnsafeMutableRawBufferPointer) throws -> Int? {
        while true {
            let count = unsafe recv(channel.descriptor, target.baseAddress, target.count, 0)
            if count >= 0 {
                // Less than asked for: the socket is empty, and reports when it no longer is. Only the end, if that was
                // reported already, is not reported again.
                if count < target.count { channel.isReadable = channel.isPeerDone }
                return count
            }
            if errno == EAGAIN {
                channel.isReadable = false
                return nil
            }
            if errno != EINTR { throw ChannelError.closed }
        }
    }

    /// Throws away what the peer sends until it ends its side, or a bound is met.
    package func discard(upTo limit: Int, until deadline: Milliseconds) async throws {
        var scratch = [UInt8](repeating: 0, count: 64 << 10)
        var left = limit
        while left > 0 {
            await breathe()
            guard channel.isReadable else {
                try await channel.waitReadable(until: deadline)
                continue
            }
            guard let count = try unsafe scratch.withUnsafeMutableBytes({ try unsafe receiveRaw(into: $0) }) else {
                continue
            }
            if count == 0 { return }
            left -= count
        }
    }
}

// MARK: Sending

extension Transport {
    /// Sends all the bytes.
    ///
    /// - Parameter more: Whether further bytes follow at once, so that the kernel may wait for them.
    package func send(_ bytes: [UInt8], more: Bool = false, within budget: inout RateBudget) async throws {
        var sent = 0
        while sent < bytes.count {
            guard
                let count = try unsafe bytes.withUnsafeBytes({ bytes in
                    try unsafe sendNow(UnsafeRawBufferPointer(rebasing: bytes[sent...]), more: more)
                })
            else {
                try await waitWritable(within: &budget)
                continue
            }
            sent += count
            budget.move(count)
        }
    }

    /// Sends a stretch of a file, by the kernel alone where there is no TLS.
    ///
    /// What is not in the page cache is read from disk meanwhile, on this thread: handing each piece to another one
    /// would cost more than it spares where files are mostly cached.
    ///
    /// - Throws: ``ChannelError/closed`` also when the file has become shorter.
    package func send(_ region: FileRegion, within budget: inout RateBudget) async throws {
        if tls != nil { return try await sendEncrypted(region, within: &budget) }
        var offset = off_t(region.offset)
        let end = off_t(region.offset + region.length)
        while offset < end {
            await breathe()
            if channel.isCut { throw ChannelError.closed }
            let count = unsafe sendfile(channel.descriptor, region.descriptor, &offset, min(end - offset, 1 << 20))
            if count > 0 {
                budget.move(count)
            } else if count < 0 && errno == EAGAIN {
                channel.isWritable = false
                try await waitWritable(within: &budget)
            } else if count == 0 || errno != EINTR {
                throw ChannelError.closed
            }
        }
    }

    private func sendEncrypted(_ region: FileRegion, within budget: inout RateBudget) async throws {
        var offset = region.offset
        let end = region.offset + region.length
        while offset < end {
            await breathe()
            let size = Int(min(end - offset, 128 << 10))
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: size) { target, count in
                count = unsafe max(0, pread(region.descriptor, target.baseAddress, size, off_t(offset)))
            }
            if piece.isEmpty { throw ChannelError.closed }
            try await send(piece, within: &budget)
            offset += Int64(piece.count)
        }
    }

    /// Sends what there is room for; nil when there is none.
    @unsafe
    private func sendNow(_ bytes: UnsafeRawBufferPointer, more: Bool) throws -> Int? {
        if channel.isCut { throw ChannelError.closed }
        if let tls { return try unsafe sendNow(bytes, over: tls) }
        while true {
            let flags = more ? Int32(MSG_MORE) : 0
            let count = unsafe Glibc.send(channel.descriptor, bytes.baseAddress, bytes.count, flags)
            if count >= 0 { return count }
            if errno == EAGAIN {
                channel.isWritable = false
                return nil
            }
            if errno != EINTR { throw ChannelError.closed }
        }
    }

    @unsafe
    private func sendNow(_ bytes: UnsafeRawBufferPointer, over tls: TLSSession) throws -> Int? {
        switch unsafe tls.write(bytes) {
        case .moved(let count) where count > 0: return count
        case .wantsWrite:
            channel.isWritable = false
            return nil
        case .moved, .wantsRead, .failed: throw ChannelError.closed
        }
    }

    private func waitWritable(within budget: inout RateBudget) async throws {
        let start = channel.loop.now
        try await channel.waitWritable(until: start + budget.allowance)
        budget.wait(channel.loop.now - start)
    }
}
