// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc
import Synchronization

/// The folder with the files of content that is too large for a database row.
///
/// A file is named `run/shard/number` after the start of the program that wrote it, so a name is never used twice and
/// whatever an earlier run left behind is known by its folder. Nothing looks into the folder but the database's rows:
/// a file without a row does not exist for anybody, and needs no second name while it is being written.
///
/// Calls block: they belong on a thread that may.
final class ContentFolder: Sendable {
    /// So many files share a folder; the file system stays quick, and folders are few.
    private static let filesPerShard = 4_096

    let root: String
    private let run: Int64
    private let lock: FolderLock
    private let counter = Atomic<Int>(0)
    private let readyShards = Lock<Set<Int>>([])

    /// The folder that was taken, for this run of the program.
    init(root: String, lock: FolderLock, run: Int64) {
        self.root = root
        self.lock = lock
        self.run = run
    }

    /// Lets another process have the folder.
    func close() { lock.release() }

    /// Makes a file with a name of its own, durable once ``makeDurable(_:named:)`` has returned.
    func create() throws -> (name: String, file: ContentFile) {
        let number = counter.wrappingAdd(1, ordering: .relaxed).oldValue
        let shard = number / Self.filesPerShard
        try prepare(shard: shard)
        let name = "\(run)/\(shard)/\(number)"
        return (name, try ContentFile.create(path(of: name)))
    }

    /// Returns once the file's bytes and its name are on the disk.
    func makeDurable(_ file: ContentFile, named name: String) throws {
        try file.sync()
        let parent = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(name[..<$0]) } ?? ""
        try Self.syncFolder(path(of: parent))
    }

    func path(of name: String) -> String { "\(root)/\(name)" }

    func remove(_ name: String) throws {
        guard unsafe unlink(path(of: name)) != 0, errno != ENOENT else { return }
        throw FileFailure("unlink", path(of: name))
    }

    /// The runs, other than this one, that have a folder.
    func earlierRuns() throws -> [Int64] { try Self.runs(in: root).filter { $0 != run } }

    /// The runs that have a folder.
    static func runs(in root: String) throws -> [Int64] { try entries(of: root).compactMap { Int64($0) }.sorted() }

    /// The names of the files that a run wrote, one shard at a time.
    func shards(of run: Int64) throws -> [String] { try Self.entries(of: "\(root)/\(run)").map { "\(run)/\($0)" } }

    /// The names of the files of one shard.
    func files(in shard: String) throws -> [String] { try Self.entries(of: path(of: shard)).map { "\(shard)/\($0)" } }

    /// Removes a run's folders as far as they are empty.
    func removeEmptyFolders(of run: Int64) throws {
        for shard in try shards(of: run) { unsafe rmdir(path(of: shard)) }
        unsafe rmdir("\(root)/\(run)")
    }

    /// A shard is ready when its folder's name is durable; two threads may both see to it.
    private func prepare(shard: Int) throws {
        if readyShards.withLock({ $0.contains(shard) }) { return }
        try Self.makeFolder("\(root)/\(run)")
        try Self.syncFolder(root)
        try Self.makeFolder("\(root)/\(run)/\(shard)")
        try Self.syncFolder("\(root)/\(run)")
        _ = readyShards.withLock { $0.insert(shard) }
    }

    static func makeFolder(_ path: String) throws {
        guard unsafe mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw FileFailure("mkdir", path)
    }

    static func syncFolder(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure("fsync", path) }
    }

    private static func entries(of path: String) throws -> [String] {
        guard let folder = unsafe opendir(path) else { throw FileFailure("opendir", path) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
