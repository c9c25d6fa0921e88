// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc

/// Keeps two processes from using one folder; the system lets go of it when the process ends, however it ends.
public final class FolderLock: Sendable {
    /// How often a taken lock is tried again, and the pause between, in microseconds.
    ///
    /// A child that was forked and has not started its program yet holds its parent's lock for moments longer.
    private static let patience = (attempts: 100, pause: UInt32(10_000))

    private let descriptor: Lock<Int32?>

    /// Makes the folder when it is missing and takes it, for this process; blocks for a second at most.
    ///
    /// - Throws: ``FolderInUse`` when another process has it; an error that names the folder and what the system said.
    public init(folder: String) throws {
        try ContentFolder.makeFolder(folder)
        try ContentFolder.syncFolder("\(folder)/..")
        let path = "\(folder)/lock"
        let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw FileFailure("open", path) }
        guard Self.take(opened) else {
            close(opened)
            throw FolderInUse(folder: folder)
        }
        descriptor = Lock(opened)
    }

    deinit { release() }

    /// Lets go of the folder, also on behalf of children that still hold the descriptor.
    public func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            flock(open, LOCK_UN)
            close(open)
            descriptor = nil
        }
    }

    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<patience.attempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(patience.pause)
        }
        return false
    }
}

/// Another process uses the folder.
public struct FolderInUse: Error, CustomStringConvertible {
    /// The folder.
    public let folder: String

    /// Which folder, and what to do.
    public var description: String {
        "the data folder \(folder) is in use by another process; stop that one, or choose another folder"
    }
}
