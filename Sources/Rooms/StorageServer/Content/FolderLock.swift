// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc

/// Keeps two processes from using one folder; the system lets go of it when the process ends, however it ends.
final class FolderLock: Sendable {
    private let descriptor: Lock<Int32?>

    /// Makes the folder when it is missing and takes it.
    ///
    /// - Throws: ``FolderInUse`` when another process has it; what the system says.
    init(folder: String) throws {
        try ContentFolder.makeFolder(folder)
        try ContentFolder.syncFolder("\(folder)/..")
        let path = "\(folder)/lock"
        let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw FileFailure("open", path) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            throw FolderInUse(folder: folder)
        }
        descriptor = Lock(opened)
    }

    deinit { release() }

    func release() {
        descriptor.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }
}

/// Another process uses the folder.
struct FolderInUse: Error, CustomStringConvertible {
    let folder: String

    var description: String {
        "another process uses the data folder \(folder); stop it, or give this one another folder"
    }
}
