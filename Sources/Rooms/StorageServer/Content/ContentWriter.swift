// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import Crypto

/// Takes a body in pieces: keeps it in memory while it is small, and writes it to a file from then on.
struct ContentWriter {
    /// Which checksums are taken on the way.
    struct Checksums: OptionSet, Sendable {
        let rawValue: Int
        static let md5 = Checksums(rawValue: 1)
        static let crc64 = Checksums(rawValue: 2)
    }

    /// What was written.
    struct Result: Sendable {
        let content: NewContent
        let crc64: [UInt8]?
    }

    /// A file gets its bytes in pieces of at least this size: each piece costs a change of threads.
    private static let pieceSize = 256 << 10

    private let folder: ContentFolder
    private let pool: BlockingPool
    private let inlineLimit: Int
    private let checksums: Checksums
    private var pending: [UInt8] = []
    private var length: Int64 = 0
    private var spill: Spill?

    init(folder: ContentFolder, pool: BlockingPool, inlineLimit: Int, checksums: Checksums) {
        self.folder = folder
        self.pool = pool
        self.inlineLimit = inlineLimit
        self.checksums = checksums
    }

    /// Takes the next piece.
    mutating func write(_ bytes: [UInt8]) async throws {
        length += Int64(bytes.count)
        if pending.isEmpty { pending = bytes } else { pending += bytes }
        guard length > inlineLimit, pending.count >= Self.pieceSize else { return }
        try await flush()
    }

    /// Takes a stretch of a file of the content folder; only without checksums, since its bytes stay in the kernel.
    mutating func append(fileNamed name: String, _ range: Range<Int64>) async throws {
        precondition(checksums.isEmpty, "checksums need the bytes")
        if length + Int64(range.count) <= inlineLimit {
            let bytes = try await pool.run { [folder] in try ContentFile.read(folder.path(of: name)).read(range) }
            return try await write(bytes)
        }
        length += Int64(range.count)
        try await flush()
        let spill = try await openedSpill()
        try await pool.run { [folder] in try spill.append(ContentFile.read(folder.path(of: name)), range) }
    }

    /// Everything was written; returns once the content is durable or small enough for its row.
    mutating func finish() async throws -> Result {
        guard length > inlineLimit else { return finishInline() }
        try await flush()
        guard let spill else { preconditionFailure("long content is in a file") }
        let length = length
        return try await pool.run { [folder] in try spill.finish(in: folder, length: length) }
    }

    private func finishInline() -> Result {
        var sums = Sums(checksums)
        sums.update(pending)
        let content = NewContent(place: .inline(pending), length: length, md5: sums.md5())
        return Result(content: content, crc64: sums.crc64)
    }

    private mutating func flush() async throws {
        let piece = pending
        pending = []
        let spill = try await openedSpill()
        try await pool.run { try spill.append(piece) }
    }

    private mutating func openedSpill() async throws -> Spill {
        if let spill { return spill }
        let opened = try await pool.run { [folder, pool, checksums] in
            let (name, file) = try folder.create()
            let staged = StagedFile(name: name, folder: folder, pool: pool)
            return Spill(file: file, staged: staged, checksums: checksums)
        }
        spill = opened
        return opened
    }
}

/// The file behind a writer.
///
/// Unchecked: the writer awaits each call before it makes the next.
private final class Spill: @unchecked Sendable {
    private let file: ContentFile
    private let staged: StagedFile
    private var sums: Sums

    init(file: ContentFile, staged: StagedFile, checksums: ContentWriter.Checksums) {
        self.file = file
        self.staged = staged
        sums = Sums(checksums)
    }

    func append(_ piece: [UInt8]) throws {
        sums.update(piece)
        try file.append(piece)
    }

    func append(_ source: ContentFile, _ range: Range<Int64>) throws { try file.append(source, range) }

    func finish(in folder: ContentFolder, length: Int64) throws -> ContentWriter.Result {
        try folder.makeDurable(file, named: staged.name)
        let content = NewContent(place: .file(staged), length: length, md5: sums.md5())
        return ContentWriter.Result(content: content, crc64: sums.crc64)
    }
}

/// The checksums that were asked for.
private struct Sums: ~Copyable {
    private var hasher: Digest.Hasher?
    private var check: CRC64?

    init(_ wanted: ContentWriter.Checksums) {
        hasher = wanted.contains(.md5) ? Digest.Hasher(.md5) : nil
        check = wanted.contains(.crc64) ? CRC64() : nil
    }

    var crc64: [UInt8]? { check?.bytes }

    mutating func update(_ piece: [UInt8]) {
        hasher?.update(piece)
        check?.update(piece)
    }

    /// Once, at the end.
    mutating func md5() -> [UInt8]? { hasher.take()?.finalize() }
}
