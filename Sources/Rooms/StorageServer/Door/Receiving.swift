// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import HTTP

/// What a body must add up to.
struct BodyChecks: Sendable {
    let md5: [UInt8]?
    let crc64: [UInt8]?

    /// - Throws: ``StorageError`` `Md5Mismatch`, `Crc64Mismatch`.
    func check(_ result: ContentWriter.Result) throws {
        if let md5, md5 != result.content.md5 { throw StorageError(.md5Mismatch) }
        if let crc64, crc64 != result.crc64 { throw StorageError(.crc64Mismatch) }
    }
}

extension BlobStore {
    private static let pieceSize = 256 << 10

    /// Takes a body; returns once it is durable, or small enough for its row, and is what it was said to be.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - length: Its announced length.
    ///   - checks: What it must add up to.
    ///   - alwaysMD5: Whether its MD5 is kept; otherwise it is computed only where the client sent one, and the
    ///     cheaper CRC-64 where not.
    func receive(
        _ body: any HTTPRequestBody, length: Int64, _ checks: BodyChecks, alwaysMD5: Bool
    ) async throws -> ContentWriter.Result {
        var sums: ContentWriter.Checksums = alwaysMD5 || checks.md5 != nil ? .md5 : .crc64
        if checks.crc64 != nil { sums.insert(.crc64) }
        var writer = contentWriter(checksums: sums)
        var received: Int64 = 0
        while true {
            let piece = try await body.read(upTo: Self.pieceSize)
            if piece.isEmpty { break }
            received += Int64(piece.count)
            try await writer.write(piece)
        }
        guard received == length else { throw BodyFailure(cause: ShortBody(expected: length, received: received)) }
        let result = try await writer.finish()
        try checks.check(result)
        return result
    }

    /// The bytes of a stretch of a file, read on a thread that may block.
    func bytes(of region: HTTPFileRegion) async throws -> [UInt8] {
        try await disk.run { try ContentFile.read(region) }
    }
}

/// A body ended before its announced length, or went on behind it.
private struct ShortBody: Error, CustomStringConvertible {
    let expected: Int64
    let received: Int64

    var description: String { "the request body has \(received) bytes, not the \(expected) that were announced" }
}

/// A range was asked for that begins behind the blob's end; the answer says how long the blob is.
struct RangeBehindEnd: Error {
    let length: Int64
}
