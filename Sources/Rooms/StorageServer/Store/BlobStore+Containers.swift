// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import SQL

extension BlobStore {
    /// Makes a container.
    ///
    /// - Throws: ``StorageError`` `ContainerAlreadyExists`.
    @discardableResult
    public func createContainer(
        _ address: ContainerAddress, access: PublicAccess = .none, metadata: BlobMetadata = .none
    ) async throws -> ContainerProperties {
        try await change { transaction in
            let stamp = try transaction.stamp()
            let made = try transaction.connection.execute(
                """
                INSERT INTO container (account, name, stamp, access, metadata) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """,
                [
                    .text(address.account), .text(address.container.text), .integer(stamp.ticks),
                    .text(access.rawValue), .optional(metadata.stored),
                ])
            guard made == 1 else { throw StorageError(.containerAlreadyExists) }
            return ContainerProperties(
                etag: ETag(stamp: stamp), lastModified: stamp, access: access, metadata: metadata)
        }
    }

    /// Makes a container unless it is there; its access and metadata then stay as they are.
    ///
    /// - Returns: Whether it was made.
    @discardableResult
    public func createContainerIfMissing(_ address: ContainerAddress) async throws -> Bool {
        do {
            try await createContainer(address)
            return true
        } catch let error as StorageError where error.code == .containerAlreadyExists {
            return false
        }
    }

    /// Deletes a container with everything in it.
    ///
    /// The name is free at once; the content goes in the background. The blobs are not announced one by one, as the
    /// service does it.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `ConditionNotMet`.
    public func deleteContainer(_ address: ContainerAddress, conditions: BlobConditions = .none) async throws {
        try await change { transaction in
            let row = try transaction.container(address)
            try conditions.checkWrite(etag: row.properties.etag, modified: row.properties.lastModified)
            try transaction.connection.execute("UPDATE container SET deleted = 1 WHERE id = ?", [.integer(row.id)])
            transaction.hasLeftovers = true
        }
    }

    /// What is known of a container.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`.
    public func properties(of address: ContainerAddress) async throws -> ContainerProperties {
        try await database.read { try ContainerRow.find(address, on: $0).properties }
    }

    /// Replaces a container's metadata.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `ConditionNotMet`.
    @discardableResult
    public func setMetadata(
        of address: ContainerAddress, to metadata: BlobMetadata, conditions: BlobConditions = .none
    ) async throws -> ContainerProperties {
        try await changeContainer(address, conditions) { $0.metadata = metadata }
    }

    /// Opens a container to readers without a signature, or closes it.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `ConditionNotMet`.
    @discardableResult
    public func setAccess(
        of address: ContainerAddress, to access: PublicAccess, conditions: BlobConditions = .none
    ) async throws -> ContainerProperties {
        try await changeContainer(address, conditions) { $0.access = access }
    }

    private func changeContainer(
        _ address: ContainerAddress, _ conditions: BlobConditions,
        _ edit: @escaping @Sendable (inout ContainerProperties) -> Void
    ) async throws -> ContainerProperties {
        try await change { transaction in
            let row = try transaction.container(address)
            var properties = row.properties
            try conditions.checkWrite(etag: properties.etag, modified: properties.lastModified)
            edit(&properties)
            properties.lastModified = try transaction.stamp()
            properties.etag = ETag(stamp: properties.lastModified)
            try transaction.connection.execute(
                "UPDATE container SET stamp = ?, access = ?, metadata = ? WHERE id = ?",
                [
                    .integer(properties.lastModified.ticks), .text(properties.access.rawValue),
                    .optional(properties.metadata.stored), .integer(row.id),
                ])
            return properties
        }
    }
}
