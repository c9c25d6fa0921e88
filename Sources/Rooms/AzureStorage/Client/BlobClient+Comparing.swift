// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

extension BlobClient {
    /// Whether a blob holds the very bytes of a file, by its length and the MD5 that the service keeps.
    ///
    /// - Throws: ``BlobClientError``, also when the container is missing or the connection may not read;
    ///   `CancellationError`.
    public func holds(_ path: String, as blob: BlobName, in container: ContainerName) async throws -> Bool {
        guard let properties = try await properties(of: blob, in: container), let digest = properties.headers.md5 else {
            return false
        }
        return try await files.run {
            let file = try LocalFile(reading: path)
            let size = try file.size()
            guard size == properties.length else { return false }
            return try file.md5(of: size > 0 ? [0..<size] : []).whole == digest
        }
    }
}
