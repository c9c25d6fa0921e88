// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import HTTP
import HTTPClient

/// What became of an uploaded file.
public struct BlobUpload: Sendable, Equatable {
    /// The mark of the blob's new version.
    public let etag: ETag
    /// The blob's length in bytes.
    public let length: Int64
    /// How many of them the service had already, from an upload that broke off.
    public let resumedBytes: Int64
}

extension BlobClient {
    /// Makes a blob of a file.
    ///
    /// In one request, or in blocks of which those are left out that an earlier upload of the same bytes has sent. The
    /// service checks every byte against MD5 digests.
    ///
    /// - Parameters:
    ///   - path: The file; it must not change meanwhile.
    ///   - blob: The blob's name.
    ///   - container: Where it goes; it must exist.
    ///   - upload: Content type, metadata, and whether a blob of this name may be there.
    ///   - progress: Hears of bytes that have arrived.
    /// - Throws: ``BlobClientError``; `CancellationError`.
    @discardableResult
    public func upload(
        _ path: String, to blob: BlobName, in container: ContainerName,
        _ upload: BlobUploadOptions = BlobUploadOptions(), progress: @escaping Progress = { _ in }
    ) async throws -> BlobUpload {
        let (single, block) = (options.singleRequestBytes, options.blockBytes)
        let source = try await files.run {
            let file = try LocalFile(reading: path)
            let plan = UploadPlan(size: try file.size(), singleRequestBytes: single, blockBytes: block)
            let (each, whole) = try file.md5(of: plan.stretches)
            return try UploadSource(file: file, plan: plan, blockMD5: each, md5: whole)
        }
        var call = BlobCall(.put, container, blob)
        call.describe(upload, md5: source.md5)
        return source.plan.isSingle
            ? try await putAtOnce(source, call, progress)
            : try await putInBlocks(source, call, progress)
    }

    private func putAtOnce(
        _ source: UploadSource, _ call: BlobCall, _ progress: Progress
    ) async throws -> BlobUpload {
        var call = call
        call.fields["x-ms-blob-type"] = "BlockBlob"
        call.fields["Content-Type"] = ContentHeaders.defaultType
        if let stretch = source.plan.stretches.first { call.body = .file(try source.file.region(stretch)) }
        let fields = try await caller.answer(to: call).fields
        progress(source.length)
        return try source.result(fields, call, resumed: 0)
    }

    private func putInBlocks(
        _ source: UploadSource, _ call: BlobCall, _ progress: @escaping Progress
    ) async throws -> BlobUpload {
        let present = try await uncommittedBlocks(of: call)
        let missing = source.plan.stretches.indices.filter { index in
            present[source.blocks[index]] != Int64(source.plan.stretches[index].count)
        }
        let resumed = source.length - missing.reduce(0) { $0 + Int64(source.plan.stretches[$1].count) }
        if resumed > 0 { progress(resumed) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (started, index) in missing.enumerated() {
                if started >= options.parallelBlocks { try await group.next() }
                group.addTask {
                    try await self.putBlock(index, of: source, call)
                    progress(Int64(source.plan.stretches[index].count))
                }
            }
            try await group.waitForAll()
        }
        return try source.result(await commitBlocks(of: source, call), call, resumed: resumed)
    }

    private func putBlock(_ index: Int, of source: UploadSource, _ blob: BlobCall) async throws {
        let query: HTTPQuery = ["comp": "block", "blockid": source.blocks[index].text]
        var call = BlobCall(.put, blob.container, blob.blob, query)
        call.fields["Content-MD5"] = Data(source.blockMD5[index]).base64EncodedString()
        call.fields["Content-Type"] = ContentHeaders.defaultType
        call.body = .file(try source.file.region(source.plan.stretches[index]))
        _ = try await caller.answer(to: call)
    }

    private func commitBlocks(of source: UploadSource, _ blob: BlobCall) async throws -> HTTPFields {
        var call = blob
        call.query = ["comp": "blocklist"]
        call.fields["Content-Type"] = "application/xml"
        // "Latest" also finds blocks that this very list has committed, should its answer have been lost.
        call.body = .bytes(source.blocks.map { BlockReference(.latest, $0) }.xml)
        return try await caller.answer(to: call).fields
    }

    /// The blocks that wait for a commit, and their lengths in bytes.
    private func uncommittedBlocks(of blob: BlobCall) async throws -> [BlockID: Int64] {
        let query: HTTPQuery = ["comp": "blocklist", "blocklisttype": "uncommitted"]
        let call = BlobCall(.get, blob.container, blob.blob, query)
        do {
            let body = try await caller.answer(to: call).body
            guard let root = try? XMLElement(parsing: body), root.name == "BlockList" else {
                throw BlobClientError("\(call): the answer is no list of blocks")
            }
            let blocks = (root["UncommittedBlocks"]?.children ?? []).compactMap { block -> (BlockID, Int64)? in
                guard let id = try? BlockID(block["Name"]?.text ?? ""), let size = Int64(block["Size"]?.text ?? "")
                else { return nil }
                return (id, size)
            }
            return Dictionary(blocks) { first, _ in first }
        } catch let error as BlobClientError where error.code == .blobNotFound {
            return [:]
        }
    }
}

/// A file on its way.
private struct UploadSource: Sendable {
    let file: LocalFile
    let plan: UploadPlan
    /// The digest of each stretch.
    let blockMD5: [[UInt8]]
    /// The digest of the file.
    let md5: [UInt8]
    /// The id of each stretch.
    let blocks: [BlockID]

    init(file: LocalFile, plan: UploadPlan, blockMD5: [[UInt8]], md5: [UInt8]) throws {
        self.file = file
        self.plan = plan
        self.blockMD5 = blockMD5
        self.md5 = md5
        blocks = try blockMD5.enumerated().map { try UploadPlan.blockID(index: $0.offset, md5: $0.element) }
    }

    var length: Int64 { plan.stretches.last?.upperBound ?? 0 }

    func result(_ fields: HTTPFields, _ call: BlobCall, resumed: Int64) throws -> BlobUpload {
        guard let etag = fields["ETag"] else { throw BlobClientError("\(call): the answer has no ETag") }
        return BlobUpload(etag: ETag(etag), length: length, resumedBytes: resumed)
    }
}

extension BlobCall {
    /// Adds what describes the new version.
    fileprivate mutating func describe(_ upload: BlobUploadOptions, md5: [UInt8]) {
        fields["x-ms-blob-content-type"] = upload.contentType ?? ContentHeaders.defaultType
        fields["x-ms-blob-content-md5"] = Data(md5).base64EncodedString()
        upload.metadata.write(to: &fields)
        if !upload.mayOverwrite { BlobConditions.ifAbsent.write(to: &fields) }
    }
}
