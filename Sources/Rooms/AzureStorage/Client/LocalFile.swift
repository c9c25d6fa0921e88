// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto
import Glibc
import HTTP

/// An open file on this machine.
///
/// All calls block: make them on a thread that may.
final class LocalFile: Sendable {
    /// How many bytes are read or hashed at once.
    private static let piece = 1 << 20

    private let path: String
    private let descriptor: Int32

    /// Opens an existing file to be read.
    init(reading path: String) throws {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open \(path)") }
    }

    /// Creates a file, or empties it, to be written and read.
    init(creating path: String) throws {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw systemError("cannot create \(path)") }
    }

    deinit { close(descriptor) }

    /// The file's size.
    ///
    /// - Throws: ``BlobClientError`` when it is no file, such as a folder.
    func size() throws -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw systemError("cannot read \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw BlobClientError("\(path) is no file") }
        return Int64(status.st_size)
    }

    /// A stretch with an open descriptor of its own.
    func region(_ range: Range<Int64>) throws -> HTTPFileRegion {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw systemError("cannot read \(path)") }
        return HTTPFileRegion(owning: copy, offset: range.lowerBound, length: range.upperBound - range.lowerBound)
    }

    /// The MD5 digests of adjoining stretches, and of all of them together, in one pass.
    ///
    /// - Throws: ``BlobClientError`` when the file is shorter than that.
    func md5(of stretches: [Range<Int64>]) throws -> (each: [[UInt8]], whole: [UInt8]) {
        var whole = Digest.Hasher(.md5)
        var each: [[UInt8]] = []
        for stretch in stretches {
            var hasher = Digest.Hasher(.md5)
            var place = stretch.lowerBound
            while place < stretch.upperBound {
                let bytes = try read(at: place, upTo: Int(min(Int64(Self.piece), stretch.upperBound - place)))
                hasher.update(bytes)
                whole.update(bytes)
                place += Int64(bytes.count)
            }
            each.append(hasher.finalize())
        }
        return (each, whole.finalize())
    }

    /// Writes bytes at a place.
    func write(_ bytes: [UInt8], at place: Int64) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(place) + done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw systemError("cannot write \(path)") }
            done += count
        }
    }

    /// Syncs the file and gives it its name, so that nobody sees half of it.
    func publish(as name: String) throws {
        guard fsync(descriptor) == 0 else { throw systemError("cannot sync \(path)") }
        guard unsafe rename(path, name) == 0 else { throw systemError("cannot rename \(path) to \(name)") }
    }

    /// Removes the file's name; what holds it open keeps its bytes.
    func remove() { unsafe unlink(path) }

    private func read(at place: Int64, upTo count: Int) throws -> [UInt8] {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var result = 0
            repeat {
                result = unsafe pread(descriptor, buffer.baseAddress, count, off_t(place))
            } while result < 0 && errno == EINTR
            filled = max(result, 0)
        }
        guard !bytes.isEmpty else { throw BlobClientError("\(path) became shorter or cannot be read") }
        return bytes
    }
}

private func systemError(_ action: String) -> BlobClientError {
    BlobClientError("\(action): \(unsafe String(cString: strerror(errno)))")
}
