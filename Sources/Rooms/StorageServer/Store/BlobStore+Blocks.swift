// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import SQL

extension BlobStore {
    /// Keeps a block for a block list to come; durable when the call returns.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `InvalidBlobOrBlock`, `BlockCountExceedsLimit`.
    func putBlock(_ id: BlockID, _ content: NewContent, of address: BlobAddress) async throws {
        try await change(with: content) { [configuration] transaction in
            let container = try transaction.container(address.container).id
            let stamp = try transaction.stamp()
            try transaction.add(content, at: stamp)
            let block = UploadedBlock(id: id, content: stamp, length: content.length)
            try transaction.put(block, of: address.name, in: container, limit: configuration.uncommittedBlocksPerBlob)
        }
    }

    /// The blocks of a blob, also of one that has nothing committed yet.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `BlobNotFound`.
    func blocks(of address: BlobAddress) async throws -> BlobBlocks {
        try await database.read { connection in
            let container = try ContainerRow.find(address.container, on: connection).id
            let row = try BlobRow.find(address.name, in: container, on: connection)
            let waiting = try connection.query(
                "SELECT id, length FROM block WHERE container = ? AND name = ? ORDER BY id",
                [.integer(container), .text(address.name.text)]
            ).map { BlockSize(id: try BlockID($0.text(0)), length: $0.int(1)) }
            if row == nil, waiting.isEmpty { throw StorageError(.blobNotFound) }
            let committed = try row.map { row in
                try connection.query("SELECT blocks FROM content WHERE id = ?", [.integer(row.content)])
            }
            return BlobBlocks(
                committed: try [BlockSize](stored: committed?.first?.optionalText(0)), uncommitted: waiting,
                version: row?.properties)
        }
    }

    /// Makes a blob of blocks.
    ///
    /// Returns once it is durable and announced. Blocks that are not named are let go.
    ///
    /// - Throws: ``StorageError`` `ContainerNotFound`, `InvalidBlockList`, `ConditionNotMet`, `BlobAlreadyExists`.
    func commit(
        blocks references: [BlockReference], as address: BlobAddress, _ write: BlobWrite
    ) async throws -> BlobProperties {
        guard references.count <= configuration.committedBlocksPerBlob else { throw StorageError(.invalidBlockList) }
        for _ in 0..<8 {
            let plan = try await database.read { connection in
                try Self.plan(references, for: address, write, on: connection)
            }
            do {
                return try await commit(plan, of: references, as: address, write)
            } catch is PlanOutdated {
                continue
            } catch let failure as FileFailure where failure.isMissingFile {
                continue
            }
        }
        throw StorageError(.serverBusy, "The blob is being written by too many others at once.")
    }

    private static func plan(
        _ references: [BlockReference], for address: BlobAddress, _ write: BlobWrite, on connection: any SQLConnection
    ) throws -> BlockPlan {
        let container = try ContainerRow.find(address.container, on: connection).id
        let existing = try BlobRow.find(address.name, in: container, on: connection)
        try write.check(over: existing)
        return try BlockPlan(references, of: address.name, in: container, over: existing, on: connection)
    }

    private func commit(
        _ plan: BlockPlan, of references: [BlockReference], as address: BlobAddress, _ write: BlobWrite
    ) async throws -> BlobProperties {
        if plan.whole != nil {
            return try await change { try $0.commit(plan, nil, of: references, as: address, write) }
        }
        let content = try await assemble(plan)
        return try await change(with: content) { try $0.commit(plan, content, of: references, as: address, write) }
    }

    /// Brings the parts together in one content, so that the blob is read like any other.
    private func assemble(_ plan: BlockPlan) async throws -> NewContent {
        var writer = contentWriter(checksums: [])
        for part in plan.parts {
            if let file = part.file {
                try await writer.append(fileNamed: file, part.range)
            } else {
                try await writer.write(try await inlineBytes(of: part))
            }
        }
        return try await writer.finish().content
    }

    private func inlineBytes(of part: BlockPlan.Part) async throws -> [UInt8] {
        try await database.read { connection in
            let rows = try connection.query(
                "SELECT substr(bytes, ?, ?) FROM content WHERE id = ?",
                [.integer(part.range.lowerBound + 1), .int(part.range.count), .integer(part.content)])
            guard let row = rows.first else { throw PlanOutdated() }
            return row.blob(0)
        }
    }
}

/// Somebody wrote to the blob while its blocks were brought together.
private struct PlanOutdated: Error {}

/// A block that was just uploaded.
private struct UploadedBlock {
    let id: BlockID
    let content: StorageTime
    let length: Int64
}

extension StoreTransaction {
    fileprivate func put(_ block: UploadedBlock, of name: BlobName, in container: Int64, limit: Int) throws {
        let key: [SQLValue] = [.integer(container), .text(name.text)]
        let upload = try connection.query(
            "SELECT blocks, id_length FROM upload WHERE container = ? AND name = ?", key
        ).first
        if let upload, upload.int(1) != block.id.byteCount {
            throw StorageError(.invalidBlobOrBlock, "All block ids of a blob have the same length.")
        }
        let replaced = try connection.query(
            "SELECT content FROM block WHERE container = ? AND name = ? AND id = ?", key + [.text(block.id.text)]
        ).first
        let count = (upload?.int(0) ?? 0) + (replaced == nil ? 1 : 0)
        guard count <= limit else { throw StorageError(.blockCountExceedsLimit) }
        try connection.execute(
            "INSERT OR REPLACE INTO block (container, name, id, content, length) VALUES (?, ?, ?, ?, ?)",
            key + [.text(block.id.text), .integer(block.content.ticks), .integer(block.length)])
        try connection.execute(
            "INSERT OR REPLACE INTO upload (container, name, blocks, id_length, stamp) VALUES (?, ?, ?, ?, ?)",
            key + [.integer(count), .int(block.id.byteCount), .integer(block.content.ticks)])
        if let replaced { try release(content: replaced.int(0)) }
    }

    /// Commits what was brought together, if the blocks still are those that it was made of.
    ///
    /// - Parameter content: nil when the only block's own content becomes the blob's.
    fileprivate func commit(
        _ plan: BlockPlan, _ content: NewContent?, of references: [BlockReference], as address: BlobAddress,
        _ write: BlobWrite
    ) throws -> BlobProperties {
        let container = try container(address.container).id
        let existing = try blob(address.name, in: container)
        try write.check(over: existing)
        let current = try BlockPlan(references, of: address.name, in: container, over: existing, on: connection)
        guard current == plan else { throw PlanOutdated() }
        let stamp = try stamp()
        let place = try take(content, of: plan, at: stamp)
        let row = write.row(content: place, length: plan.length, md5: nil, at: stamp, over: existing)
        try finish(row, as: address, in: container, over: existing, api: write.api)
        return row.properties
    }

    private func take(_ content: NewContent?, of plan: BlockPlan, at stamp: StorageTime) throws -> Int64 {
        if let content {
            try add(content, at: stamp, blocks: plan.blocks.stored)
            return stamp.ticks
        }
        guard let whole = plan.whole else { preconditionFailure("a plan without content has one block") }
        try share(content: whole)
        try connection.execute(
            "UPDATE content SET blocks = ? WHERE id = ?", [.text(plan.blocks.stored), .integer(whole)])
        return whole
    }
}
