// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Crypto
import Glibc
import HTTP

/// A call of the operating system failed.
struct FileFailure: Error, CustomStringConvertible {
    let call: String
    let path: String
    let code: Int32

    init(_ call: String, _ path: String) {
        self.call = call
        self.path = path
        code = errno
    }

    var isMissingFile: Bool { code == ENOENT }

    var description: String {
        let reason = unsafe String(cString: strerror(code))
        return "\(call) failed on \(path): \(reason) (error \(code))"
    }
}

/// A content file is shorter than its row says: the disk or somebody has damaged it.
struct TruncatedFile: Error, CustomStringConvertible {
    let path: String

    var description: String { "the content file \(path) has lost its end; restore it from a backup" }
}

/// An open file of the content folder; it closes with the last reference.
///
/// Its calls block: they belong on a thread that may.
final class ContentFile: Sendable {
    let descriptor: Int32
    let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Makes a file that is not there yet.
    static func create(_ path: String) throws -> ContentFile {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure("create", path) }
        return ContentFile(descriptor: descriptor, path: path)
    }

    /// Opens a file for reading.
    static func read(_ path: String) throws -> ContentFile {
        ContentFile(descriptor: try openForReading(path), path: path)
    }

    /// Opens a stretch of a file for reading.
    ///
    /// - Throws: ``FileFailure``; ``TruncatedFile`` when the file has lost its end.
    static func region(_ range: Range<Int64>, of path: String) throws -> HTTPFileRegion {
        let descriptor = try openForReading(path)
        let region = HTTPFileRegion(owning: descriptor, offset: range.lowerBound, length: Int64(range.count))
        guard try length(of: descriptor, path) >= range.upperBound else { throw TruncatedFile(path: path) }
        return region
    }

    private static func openForReading(_ path: String) throws -> Int32 {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open", path) }
        return descriptor
    }

    /// How many bytes it has.
    func length() throws -> Int64 { try Self.length(of: descriptor, path) }

    private static func length(of descriptor: Int32, _ path: String) throws -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileFailure("fstat", path) }
        return Int64(status.st_size)
    }

    /// Appends all bytes.
    func append(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFailure("write", path) }
            done += count
        }
    }

    /// Appends a stretch of another file, without carrying the bytes through the program.
    func append(_ source: ContentFile, _ range: Range<Int64>) throws {
        var offset = off_t(range.lowerBound)
        let end = off_t(range.upperBound)
        while offset < end {
            let count = unsafe sendfile(descriptor, source.descriptor, &offset, end - offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFailure("sendfile", source.path) }
        }
    }

    /// The bytes of a stretch that must exist.
    func read(_ range: Range<Int64>) throws -> [UInt8] { try Self.read(range, from: descriptor, path) }

    /// The bytes of a region of a file that somebody else has opened.
    static func read(_ region: HTTPFileRegion) throws -> [UInt8] {
        try read(region.offset..<(region.offset + region.length), from: region.descriptor, "a content file")
    }

    private static func read(_ range: Range<Int64>, from descriptor: Int32, _ path: String) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            while filled < range.count {
                let place = unsafe buffer.baseAddress?.advanced(by: filled)
                let count = unsafe pread(
                    descriptor, place, range.count - filled, off_t(range.lowerBound) + off_t(filled))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileFailure("pread", path) }
                filled += count
            }
        }
    }

    /// The MD5 of its first `length` bytes.
    func md5(length: Int64) throws -> [UInt8] {
        var hasher = Digest.Hasher(.md5)
        var offset: Int64 = 0
        while offset < length {
            let piece = try read(offset..<min(offset + (1 << 20), length))
            hasher.update(piece)
            offset += Int64(piece.count)
        }
        return hasher.finalize()
    }

    /// Returns once the bytes are on the disk.
    ///
    /// After a failure the kernel may have dropped them, so the file must be given up, never synced again.
    func sync() throws {
        guard fdatasync(descriptor) == 0 else { throw FileFailure("fdatasync", path) }
    }
}
