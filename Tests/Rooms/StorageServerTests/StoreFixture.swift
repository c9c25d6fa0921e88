// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import FoundationEssentials
import HTTP
import SQLite

@testable import StorageServer

/// A store in a folder of its own, which can be closed and opened again.
final class StoreFixture: Sendable {
    let folder: String
    private let time = Lock(StorageTime(unixSeconds: 1_790_000_000))
    private let clock: (@Sendable () -> StorageTime)?
    private let opened = Lock<(BlobStore, SQLiteDatabase)?>(nil)
    private let configuration: BlobStoreConfiguration

    /// Without a clock the store has one that moves only by ``advance(by:)``.
    init(
        configuration: BlobStoreConfiguration = BlobStoreConfiguration(), clock: (@Sendable () -> StorageTime)? = nil
    ) async throws {
        self.clock = clock
        folder = FileManager.default.temporaryDirectory.path + "/darkroom-store-\(UUID().uuidString)"
        self.configuration = configuration
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await open()
    }

    deinit {
        close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A store that keeps everything longer than so many bytes in files.
    static func withInlineLimit(_ bytes: Int) async throws -> StoreFixture {
        var configuration = BlobStoreConfiguration()
        configuration.inlineLimitBytes = bytes
        return try await StoreFixture(configuration: configuration)
    }

    var store: BlobStore { opened.withLock { $0!.0 } }

    func open() async throws {
        let database = try SQLiteDatabase(path: folder + "/blobs.sqlite")
        let store = try await BlobStore.open(
            database: database, folder: folder + "/content", configuration: configuration,
            now: clock ?? { [weak self] in self?.now ?? .now() })
        opened.withLock { $0 = (store, database) }
    }

    func close() {
        guard let (store, database) = opened.withLock({ $0 }) else { return }
        store.close()
        database.close()
        opened.withLock { $0 = nil }
    }

    func restart() async throws {
        close()
        try await open()
    }

    var now: StorageTime { time.withLock { $0 } }

    func advance(by delay: Duration) { time.withLock { $0 = $0 + delay } }

    /// The content files on disk.
    func files() throws -> [String] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder + "/content")
        return paths.filter { $0.split(separator: "/").count == 3 }.sorted()
    }
}

let account = "devstoreaccount1"

func blob(_ name: String, in container: String = "pictures") throws -> BlobAddress {
    try BlobAddress(account: account, container: container, name: name)
}

func container(_ name: String = "pictures") throws -> ContainerAddress {
    try ContainerAddress(account: account, container: name)
}

extension BlobContent {
    /// All bytes, wherever they are.
    func all() throws -> [UInt8] {
        switch bytes {
        case .memory(let bytes): return bytes
        case .file(let region):
            let file = try ContentFile.read("/proc/self/fd/\(region.descriptor)")
            return try file.read(region.offset..<region.offset + region.length)
        }
    }
}

func pattern(_ count: Int, seed: Int = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed &* 7 &+ $0 >> 8) }
}
