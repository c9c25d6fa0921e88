// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Synchronization

/// An empty file for somebody, also another process, to write a blob's content into.
///
/// Hand it to ``BlobStore/commit(_:as:_:)``; a file that is let go instead is removed.
public final class StagedFile: Sendable {
    /// Where to write.
    ///
    /// The file exists; truncate it, do not replace it.
    public let path: String
    let name: String
    private let folder: ContentFolder
    private let pool: BlockingPool
    private let isKept = Atomic<Bool>(false)

    init(name: String, folder: ContentFolder, pool: BlockingPool) {
        self.name = name
        self.folder = folder
        self.pool = pool
        path = folder.path(of: name)
    }

    /// From now on the file belongs to a row.
    func keep() { isKept.store(true, ordering: .relaxed) }

    deinit {
        if isKept.load(ordering: .relaxed) { return }
        // A file that cannot be removed now is swept at the next start.
        try? pool.submit { [folder, name] in try? folder.remove(name) }
    }
}
