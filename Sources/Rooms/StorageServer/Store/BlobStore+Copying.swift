// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import SQL

/// What a copy takes from its source and what it brings along.
struct CopyRequest: Sendable {
    let id: String
    let source: BlobAddress
    /// The address as the caller wrote it, without its signature.
    let sourceText: String
    /// What must hold of the source.
    let sourceConditions: BlobConditions
    /// Replaces the source's metadata; nil keeps it.
    let metadata: BlobMetadata?
    /// What must hold of the destination.
    let conditions: BlobConditions
    let mayOnlyCreate: Bool
}

extension BlobStore {
    /// Makes a blob with the content of another; no byte is moved, since content never changes.
    ///
    /// - Throws: ``StorageError`` `CannotVerifyCopySource`, `ContainerNotFound`, `ConditionNotMet`,
    ///   `BlobAlreadyExists`.
    func copy(_ request: CopyRequest, to address: BlobAddress) async throws -> BlobProperties {
        try await change { transaction in
            let source = try transaction.source(of: request)
            let container = try transaction.container(address.container).id
            let existing = try transaction.blob(address.name, in: container)
            var write = BlobWrite(
                headers: source.properties.headers, metadata: request.metadata ?? source.properties.metadata,
                conditions: request.conditions, api: "CopyBlob")
            write.mayOnlyCreate = request.mayOnlyCreate
            try write.check(over: existing)
            let stamp = try transaction.stamp()
            try transaction.share(content: source.content)
            var row = write.row(
                content: source.content, length: source.properties.length, md5: nil, at: stamp, over: existing)
            row.properties.copy = BlobCopy(id: request.id, source: request.sourceText, completed: stamp)
            // A copy onto itself gives back the user that it has taken.
            if existing?.content == source.content { try transaction.release(content: source.content) }
            try transaction.finish(row, as: address, in: container, over: existing, api: write.api)
            return row.properties
        }
    }
}

extension StoreTransaction {
    fileprivate func source(of request: CopyRequest) throws -> BlobRow {
        let container = try? container(request.source.container).id
        guard let container, let row = try blob(request.source.name, in: container) else {
            throw StorageError(.cannotVerifyCopySource, "The copy's source does not exist.")
        }
        try request.sourceConditions.checkWrite(etag: row.properties.etag, modified: row.properties.lastModified)
        return row
    }
}
