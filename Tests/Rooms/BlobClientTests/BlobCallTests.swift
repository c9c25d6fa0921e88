// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Crypto
import HTTP
import Testing

/// Against this program's own blob service over HTTP.
@Suite(.timeLimit(.minutes(5)))
struct BlobCallTests {
    private static let names = [
        "cat.jpg", "folder/with space/żółw 𝒳.png", "100%.jpg", "a+b&c=d?e#f;g,h:i@j!k$l'm(n)o*p.jpg", "a//b", "~._-",
        "%2F", "quote\"<>&.jpg", "[1].jpg",
    ]

    @Test(arguments: names)
    func carriesEveryNameThereAndBack(text: String) async throws {
        try await ServedAccount.with { account in
            let client = try account.client()
            let name = try BlobName(text)
            try await client.upload(account.file(pattern(10)), to: name, in: account.container)
            let listed = try await client.blobs(in: account.container).blobs.map(\.name)
            #expect(listed == [name])
            let target = account.folder + "/target"
            try await client.download(name, from: account.container, to: target)
            #expect(try account.bytes(of: target) == pattern(10))
            #expect(try await client.delete(name, in: account.container))
            #expect(try await client.delete(name, in: account.container) == false)
            #expect(try await client.properties(of: name, in: account.container) == nil)
        }
    }

    @Test func createsAContainerOnce() async throws {
        try await ServedAccount.with { account in
            let client = try account.client()
            let name = try ContainerName("thumbnails")
            let isNew = try await client.createContainer(name, access: .blob)
            #expect(isNew)
            #expect(try await client.createContainer(name) == false)
            let blob = try BlobName("a.jpg")
            try await client.upload(account.file([1, 2, 3]), to: blob, in: name)
            let stranger = try account.client(
                ConnectionString(
                    account: account.connection.account, credential: .anonymous,
                    blobEndpoint: account.connection.blobEndpoint))
            #expect(try await stranger.properties(of: blob, in: name)?.length == 3)
        }
    }

    @Test func keepsWhatDescribesABlob() async throws {
        try await ServedAccount.with { account in
            let client = try account.client()
            let name = try BlobName("cat.jpg")
            var upload = BlobUploadOptions()
            upload.contentType = "image/jpeg"
            upload.metadata = try BlobMetadata([("uploaded_by", "vendor 7")])
            for size in [0, 1, 5000] {
                let client = try account.client(singleRequestBytes: 1000)
                let result = try await client.upload(
                    account.file(pattern(size)), to: name, in: account.container, upload)
                let properties = try #require(try await client.properties(of: name, in: account.container))
                #expect(result.etag == properties.etag)
                #expect(result.resumedBytes == 0)
                #expect(properties.length == Int64(size))
                #expect(properties.headers.type == "image/jpeg")
                #expect(properties.headers.md5 == Digest.md5.of(pattern(size)))
                #expect(properties.metadata["uploaded_by"] == "vendor 7")
            }
            var query = BlobListQuery()
            query.includesMetadata = true
            let listed = try #require(try await client.blobs(in: account.container, query).blobs.first)
            #expect(listed.properties.headers.type == "image/jpeg")
            #expect(listed.properties.metadata["uploaded_by"] == "vendor 7")
            #expect(listed.properties.length == 5000)
        }
    }

    @Test func listsPageByPage() async throws {
        try await ServedAccount.with { account in
            let client = try account.client()
            let path = try account.file([1])
            let names = try ["a", "b/1", "b/2", "b/3", "c", "d"].map { try BlobName($0) }
            for name in names { try await client.upload(path, to: name, in: account.container) }
            var query = BlobListQuery()
            query.limit = 4
            let first = try await client.blobs(in: account.container, query)
            #expect(first.blobs.map(\.name) == Array(names[..<4]))
            query.marker = first.nextMarker
            let second = try await client.blobs(in: account.container, query)
            #expect(second.blobs.map(\.name) == Array(names[4...]))
            #expect(second.nextMarker == nil)

            var folders = BlobListQuery(prefix: "b")
            folders.delimiter = "/"
            let page = try await client.blobs(in: account.container, folders)
            #expect(page.entries == [.prefix("b/")])
        }
    }

    private func failure(_ body: () async throws -> Void) async throws -> BlobClientError {
        try #require(await #expect(throws: BlobClientError.self) { try await body() })
    }

    @Test func saysWhatTheServiceSaid() async throws {
        try await ServedAccount.with { account in
            let key = try AccountKey(base64: "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0")
            let wrong = ConnectionString(
                account: account.connection.account, credential: .key(key),
                blobEndpoint: account.connection.blobEndpoint)
            let error = try await failure { _ = try await account.client(wrong).blobs(in: account.container) }
            #expect(error.code == .authenticationFailed)
            #expect(error.status == 403)
            #expect(error.requestID?.isEmpty == false)
            #expect(error.message.hasPrefix("GET pictures failed with status 403: AuthenticationFailed: "))
            #expect(!error.description.contains(key.secret))

            let client = try account.client()
            let absent = try ContainerName("absent")
            let missing = try await failure { _ = try await client.properties(of: BlobName("a"), in: absent) }
            #expect(missing.code == .containerNotFound)
            #expect(!missing.isRetriable)
        }
    }

    @Test func worksWithASignatureAndHidesIt() async throws {
        try await ServedAccount.with { account in
            let owner = StorageAccount.development
            let terms = SASTerms([.create, .write, .read], expiry: .now() + .seconds(600))
            let sas = AccountSAS(terms, resourceTypes: [.object]).query(for: owner.name, signedWith: owner.keys[0])
            let connection = ConnectionString(
                account: owner.name, credential: .signature(sas.encoded),
                blobEndpoint: account.connection.blobEndpoint)
            let client = try account.client(connection, singleRequestBytes: 1000)
            let name = try BlobName("large.jpg")
            try await client.upload(account.file(pattern(5000)), to: name, in: account.container)
            #expect(try await client.properties(of: name, in: account.container)?.length == 5000)
            let error = try await failure { _ = try await client.delete(name, in: account.container) }
            #expect(error.code == .authorizationPermissionMismatch)
            let signature = try #require(sas["sig"])
            #expect(!error.description.contains(signature) && !error.description.contains("sig="))
        }
    }

    @Test func saysThatNobodyListens() async throws {
        var options = BlobClientOptions()
        options.retries.attempts = 1
        // Port 1 is reserved, and nothing listens there.
        let connection = ConnectionString(
            account: "a", credential: .signature("sig=secret"), blobEndpoint: "http://127.0.0.1:1/a")
        let client = try BlobClient(connection, options: options)
        let error = try await failure { _ = try await client.blobs(in: ContainerName("pictures")) }
        #expect(error.isRetriable)
        #expect(error.status == nil)
        #expect(error.message.contains("http://127.0.0.1:1"))
        #expect(!error.message.contains("secret"))
    }
}
