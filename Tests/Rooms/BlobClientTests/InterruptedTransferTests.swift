// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import FoundationEssentials
import HTTP
import Testing

/// Uploads and downloads that do not go through at the first attempt.
@Suite(.timeLimit(.minutes(5)))
struct InterruptedTransferTests {
    private static func isBlock(_ request: HTTPRequest) -> Bool { request.query?.contains("comp=block&") == true }
    private static func isBlockList(_ request: HTTPRequest) -> Bool {
        request.method == .put && request.query?.contains("comp=blocklist") == true
    }
    private static func isWrite(_ request: HTTPRequest) -> Bool { request.method == .put }

    private func failure(_ body: () async throws -> Void) async throws -> BlobClientError {
        try #require(await #expect(throws: BlobClientError.self) { try await body() })
    }

    private func expect(
        _ bytes: [UInt8], of name: BlobName, in account: ServedAccount, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let target = account.folder + "/target"
        try await account.client().download(name, from: account.container, to: target)
        #expect(try account.bytes(of: target) == bytes, sourceLocation: location)
    }

    @Test(arguments: [408, 429, 500, 502, 503, 504])
    func triesAgainWhatMaySucceedLater(status: Int) async throws {
        try await ServedAccount.with { account in
            let name = try BlobName("a.jpg")
            let path = try account.file(pattern(100))
            let count = try await account.failing(first(2, .status(HTTPStatus(status))) { _ in true }) {
                try await account.client().upload(path, to: name, in: account.container)
            }
            #expect(count == 3)
            try await expect(pattern(100), of: name, in: account)
        }
    }

    @Test(arguments: [400, 403, 404, 409, 412, 413, 501, 505])
    func takesAFinalAnswerForOne(status: Int) async throws {
        try await ServedAccount.with { account in
            let path = try account.file([1])
            let count = try await account.failing({ _ in .status(HTTPStatus(status)) }) {
                let error = try await failure {
                    try await account.client().upload(path, to: BlobName("a"), in: account.container)
                }
                #expect(error.status == status)
                #expect(error.description.contains("request id fault-1"))
            }
            #expect(count == 1)
        }
    }

    @Test func givesUpAfterItsAttempts() async throws {
        try await ServedAccount.with { account in
            let path = try account.file([1])
            let count = try await account.failing({ _ in .status(503) }) {
                let error = try await failure {
                    try await account.client(attempts: 4).upload(path, to: BlobName("a"), in: account.container)
                }
                #expect(error.isRetriable)
            }
            #expect(count == 4)
        }
    }

    @Test(arguments: [100, 5_000])
    func survivesALostAnswer(size: Int) async throws {
        try await ServedAccount.with { account in
            let name = try BlobName("a.jpg")
            let path = try account.file(pattern(size))
            try await account.failing(first(1, .lostAnswer) { size == 100 ? Self.isWrite($0) : Self.isBlockList($0) }) {
                try await account.client(singleRequestBytes: 1000).upload(path, to: name, in: account.container)
            }
            try await expect(pattern(size), of: name, in: account)
        }
    }

    @Test func goesOnWhereAnUploadBrokeOff() async throws {
        try await ServedAccount.with { account in
            let client = try account.client(singleRequestBytes: 1000)
            let name = try BlobName("large.jpg")
            let path = try account.file(pattern(20_500))
            try await account.failing({ Self.isBlockList($0) ? .status(403) : nil }) {
                _ = try await failure { try await client.upload(path, to: name, in: account.container) }
            }
            let progress = Lock<Int64>(0)
            let blocks = Lock(0)
            let count: @Sendable (HTTPRequest) -> Fault? = { request in
                if Self.isBlock(request) { blocks.withLock { $0 += 1 } }
                return nil
            }
            try await account.failing(count) {
                // The file's fourth block has other bytes now; all else is as before.
                var changed = pattern(20_500)
                changed[3_500] ^= 1
                let path = try account.file(changed)
                let result = try await client.upload(path, to: name, in: account.container) { bytes in
                    progress.withLock { $0 += bytes }
                }
                #expect(result.resumedBytes == 19_500)
                try await expect(changed, of: name, in: account)
            }
            #expect(blocks.withLock { $0 } == 1)
            #expect(progress.withLock { $0 } == 20_500)
        }
    }

    @Test func refusesToOverwriteWhenTold() async throws {
        try await ServedAccount.with { account in
            let name = try BlobName("a.jpg")
            var upload = BlobUploadOptions()
            upload.mayOverwrite = false
            for size in [10, 5_000] {
                let client = try account.client(singleRequestBytes: 1000)
                let path = try account.file(pattern(size), named: "\(size)")
                let name = try BlobName("\(name)-\(size)")
                try await client.upload(path, to: name, in: account.container, upload)
                let error = try await failure {
                    try await client.upload(path, to: name, in: account.container, upload)
                }
                #expect(error.code == .blobAlreadyExists)
            }
        }
    }

    @Test func goesOnWhereADownloadBrokeOff() async throws {
        try await ServedAccount.with { account in
            let client = try account.client(singleRequestBytes: 1 << 21)
            let name = try BlobName("a.jpg")
            let bytes = pattern(1 << 20)
            try await client.upload(account.file(bytes), to: name, in: account.container)
            let target = account.folder + "/target"
            let progress = Lock<Int64>(0)
            let count = try await account.failing(first(1, .cutAfter(300_000)) { $0.method == .get }) {
                try await client.download(name, from: account.container, to: target) { count in
                    progress.withLock { $0 += count }
                }
            }
            #expect(count == 2)
            #expect(progress.withLock { $0 } == 1 << 20)
            #expect(try account.bytes(of: target) == bytes)
        }
    }

    @Test func leavesNoHalfFileWhenTheBlobChangesMeanwhile() async throws {
        try await ServedAccount.with { account in
            let client = try account.client(singleRequestBytes: 1 << 21)
            let name = try BlobName("a.jpg")
            try await client.upload(account.file(pattern(1 << 20)), to: name, in: account.container)
            let folder = account.folder + "/downloads"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = try account.file([1, 2, 3], named: "successor")
            let replace: @Sendable () async throws -> Void = {
                try await client.upload(path, to: name, in: account.container)
            }
            try await account.failing(first(1, .cutAfter(300_000, then: replace)) { $0.method == .get }) {
                let error = try await failure {
                    try await client.download(name, from: account.container, to: folder + "/a.jpg")
                }
                #expect(error.code == .conditionNotMet)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test func sendsNothingForWhatIsNoFile() async throws {
        try await ServedAccount.with { account in
            let client = try account.client()
            for path in [account.folder + "/absent", account.folder] {
                let error = try await failure {
                    try await client.upload(path, to: BlobName("a"), in: account.container)
                }
                #expect(error.message.contains(path))
            }
            #expect(try await client.blobs(in: account.container).entries == [])
        }
    }

    @Test func leavesNothingBehindForABlobThatIsNot() async throws {
        try await ServedAccount.with { account in
            let folder = account.folder + "/downloads"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let error = try await failure {
                try await account.client().download(BlobName("a"), from: account.container, to: folder + "/a")
            }
            #expect(error.code == .blobNotFound)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }
}
