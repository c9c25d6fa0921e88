// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import StorageServer

/// The folder that holds all of a server's data, and the lock that keeps a second server out of it.
public struct DataFolder: Sendable {
    /// The folder.
    public let path: String

    /// A folder, which need not exist yet.
    public init(_ path: String) { self.path = path }

    /// Blobs, containers and events.
    public var storageDatabase: String { "\(path)/storage.sqlite" }
    /// The bytes of blobs.
    public var blobs: String { "\(path)/blobs" }
    /// Runs, their histories and queues.
    public var tasksDatabase: String { "\(path)/tasks.sqlite" }
    /// The table `ImageMetadata`.
    public var recordsDatabase: String { "\(path)/records.sqlite" }
    /// Where a running server says how to reach it.
    public var serverNote: String { "\(path)/server.json" }
    /// Mails, while no SMTP server is set.
    public var outbox: String { "\(path)/outbox" }

    /// Whether a server has ever used the folder.
    public var isInitialised: Bool { FileManager.default.fileExists(atPath: recordsDatabase) }

    /// Creates the folder, for its owner only.
    ///
    /// - Throws: ``SettingsError`` when that is not possible.
    public func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SettingsError("the data folder \(path) cannot be created: \(error)")
        }
    }

    /// Takes the folder for this process; the lock ends with the process, however it ends.
    ///
    /// - Throws: `FolderInUse` when another process has it; when the folder cannot be written to.
    public func lock() throws -> FolderLock { try FolderLock(folder: path) }
}
