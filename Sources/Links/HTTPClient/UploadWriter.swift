// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Curl
import Glibc
import HTTP

/// Feeds a request's body to its transfer and holds it to the length that was announced.
final class UploadWriter: HTTPBodyWriter {
    /// Thrown into a stream that the server does not want to the end; it never leaves this file.
    private struct NotWanted: Error {}

    private let transfer: CurlTransfer
    private let length: Int64?
    private let written = Lock<Int64>(0)

    init(_ transfer: CurlTransfer, length: Int64?) {
        self.transfer = transfer
        self.length = length
    }

    /// Sends a body to its end, or until the server wants no more of it.
    ///
    /// - Throws: what a stream throws, and then the transfer is cut; `CancellationError`.
    func send(_ body: HTTPUpload, reading files: BlockingPool) async throws {
        do {
            switch body {
            case .empty: break
            case .bytes(let bytes): try await write(bytes)
            case .file(let region): try await write(region, reading: files)
            case .stream(_, let produce): try await produce(self)
            }
            try finish()
        } catch is NotWanted {
            return
        } catch {
            transfer.cancel()
            throw error
        }
    }

    /// Sends bytes and returns when there is room for more.
    func write(_ bytes: [UInt8]) async throws {
        let total = written.withLock { total in
            total += Int64(bytes.count)
            return total
        }
        if let length, total > length { throw wrongLength(total) }
        guard try await transfer.write(bytes) else { throw NotWanted() }
    }

    private func write(_ region: HTTPFileRegion, reading files: BlockingPool) async throws {
        var offset: Int64 = 0
        while offset < region.length {
            let place = offset
            let piece = try await files.run { try read(region, at: place) }
            try await write(piece)
            offset += Int64(piece.count)
        }
    }

    private func finish() throws {
        let total = written.withLock { $0 }
        if let length, total != length { throw wrongLength(total) }
        transfer.finishWriting()
    }

    private func wrongLength(_ total: Int64) -> HTTPClientError {
        HTTPClientError(
            .invalidRequest, "the body was announced with \(length ?? 0) bytes and has \(total) or more")
    }
}

/// The bytes of one piece of a file region.
private func read(_ region: HTTPFileRegion, at offset: Int64) throws -> [UInt8] {
    let count = Int(min(256 << 10, region.length - offset))
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        var result = 0
        repeat {
            result = unsafe pread(region.descriptor, buffer.baseAddress, count, off_t(region.offset + offset))
        } while result < 0 && errno == EINTR
        filled = max(result, 0)
    }
    guard !bytes.isEmpty else {
        throw HTTPClientError(.invalidRequest, "the file became shorter or cannot be read while it was sent")
    }
    return bytes
}

extension HTTPUpload {
    /// How many bytes it has; nil when only its end will tell.
    var length: Int64? {
        switch self {
        case .empty: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let region): region.length
        case .stream(let length, _): length
        }
    }
}
