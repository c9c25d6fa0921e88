// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import HTTP

/// Talks to one account of any blob service that speaks Azure's protocol.
///
/// Calls that fail for a while are made again by the options' policy. A call that is made again because its answer was
/// lost may find its own work done: then a creation that refuses to overwrite says that the blob exists.
public final class BlobClient: Sendable {
    /// Hears how many bytes more are done, from any thread.
    public typealias Progress = @Sendable (_ bytes: Int64) -> Void

    let options: BlobClientOptions
    let caller: BlobCaller
    let files = BlockingPool(name: "file", threads: 2)

    /// A client that has not connected yet.
    ///
    /// - Throws: ``BlobClientError`` when the connection's address is none.
    public init(_ connection: ConnectionString, options: BlobClientOptions = BlobClientOptions()) throws {
        self.options = options
        caller = try BlobCaller(connection, options)
    }

    deinit { files.close() }

    /// Creates a container.
    ///
    /// - Returns: False when it was there already; its access is then what it was.
    /// - Throws: ``BlobClientError``; `CancellationError`.
    @discardableResult
    public func createContainer(_ container: ContainerName, access: PublicAccess = .none) async throws -> Bool {
        var call = BlobCall(.put, container, nil, ["restype": "container"])
        if access != .none { call.fields["x-ms-blob-public-access"] = access.rawValue }
        do {
            _ = try await caller.answer(to: call)
            return true
        } catch let error as BlobClientError where error.code == .containerAlreadyExists {
            return false
        }
    }

    /// What is known of a blob; nil when there is none.
    ///
    /// - Throws: ``BlobClientError``, also when the container is missing; `CancellationError`.
    public func properties(of blob: BlobName, in container: ContainerName) async throws -> BlobProperties? {
        let call = BlobCall(.head, container, blob)
        do {
            return try BlobProperties(answer: await caller.answer(to: call).fields, to: call)
        } catch let error as BlobClientError where error.code == .blobNotFound {
            return nil
        }
    }

    /// One page of a container's blobs, in the order of their names.
    ///
    /// - Throws: ``BlobClientError``; `CancellationError`.
    public func blobs(in container: ContainerName, _ query: BlobListQuery = BlobListQuery()) async throws
        -> BlobListPage
    {
        let call = BlobCall(.get, container, nil, HTTPQuery(listing: query))
        return try BlobListPage(xml: await caller.answer(to: call).body, to: call)
    }

    /// Removes a blob.
    ///
    /// - Returns: False when there was none.
    /// - Throws: ``BlobClientError``, also when the container is missing; `CancellationError`.
    @discardableResult
    public func delete(_ blob: BlobName, in container: ContainerName) async throws -> Bool {
        do {
            _ = try await caller.answer(to: BlobCall(.delete, container, blob))
            return true
        } catch let error as BlobClientError where error.code == .blobNotFound {
            return false
        }
    }
}
