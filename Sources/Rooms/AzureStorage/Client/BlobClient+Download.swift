// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import HTTP
import HTTPClient

extension BlobClient {
    /// Writes a blob into a file, which appears complete or not at all.
    ///
    /// A download that breaks off goes on where it was, with the same version. The bytes are checked against the blob's
    /// MD5 digest when it has one.
    ///
    /// - Parameters:
    ///   - blob: The blob's name.
    ///   - container: Where it is.
    ///   - path: The file; an existing one is replaced. Its folder must exist.
    ///   - progress: Hears of bytes that have arrived.
    /// - Throws: ``BlobClientError``, with the code `BlobNotFound` when there is none; `CancellationError`.
    @discardableResult
    public func download(
        _ blob: BlobName, from container: ContainerName, to path: String, progress: Progress = { _ in }
    ) async throws -> BlobProperties {
        let file = try await files.run { try LocalFile(creating: path + ".part") }
        do {
            let properties = try await fetch(BlobCall(.get, container, blob), into: file, progress)
            try await files.run {
                if let expected = properties.headers.md5, properties.length > 0,
                    try file.md5(of: [0..<properties.length]).whole != expected
                {
                    throw BlobClientError("GET \(container)/\(blob): the bytes do not match their MD5 digest")
                }
                try file.publish(as: path)
            }
            return properties
        } catch {
            file.remove()
            throw error
        }
    }

    /// Brings all bytes into the file, from the next one on after each interruption.
    private func fetch(_ call: BlobCall, into file: LocalFile, _ progress: Progress) async throws -> BlobProperties {
        var place: Int64 = 0
        var version: BlobProperties?
        return try await caller.retrying {
            if let version, place == version.length { return version }
            let reply = try await caller.reply(to: call.resuming(version, from: place))
            guard version == nil || reply.status == 206 else {
                throw BlobClientError("\(call): the service does not resume downloads")
            }
            let properties = try version ?? BlobProperties(answer: reply.fields, to: call)
            version = properties
            while case let piece = try await caller.read(reply, to: call), !piece.isEmpty {
                let start = place
                try await files.run { try file.write(piece, at: start) }
                place += Int64(piece.count)
                progress(Int64(piece.count))
            }
            guard place == properties.length else {
                throw BlobClientError("\(call): the answer ended early", isRetriable: place < properties.length)
            }
            return properties
        }
    }
}

extension BlobCall {
    /// The call for what follows `place` in a version that has been begun.
    fileprivate func resuming(_ version: BlobProperties?, from place: Int64) -> BlobCall {
        guard let version else { return self }
        var call = self
        call.fields["x-ms-range"] = "bytes=\(place)-"
        BlobConditions.ifMatch(version.etag).write(to: &call.fields)
        return call
    }
}
