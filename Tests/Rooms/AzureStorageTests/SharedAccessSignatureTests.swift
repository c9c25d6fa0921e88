// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@testable import AzureStorage

/// Queries that azure-storage-blob 12.31.1 made for the development account, and what is made of them here.
struct SharedAccessSignatureTests {
    private let start = StorageTime(unixSeconds: 1_795_161_600)
    private let request = HTTPRequest(method: .get, path: "/", remoteAddress: "127.0.0.3")

    private func verified(
        _ query: String, container: String? = "pictures", blob: String? = nil
    ) throws -> SharedAccessSignature {
        let query = try #require(HTTPQuery(parsing: query, plusIsSpace: true))
        return try .verified(
            query, of: .development, container: container.map { try ContainerName($0) },
            blob: blob.map { try BlobName($0) })
    }

    @Test func readsAnAccountSignature() throws {
        let signature = try verified(accountQuery)
        #expect(
            signature.stringToSign(account: "devstoreaccount1")
                == "devstoreaccount1\nrwdlc\nb\nsco\n2026-11-20T08:00:00Z\n2026-11-21T08:00:00Z\n"
                + "127.0.0.1-127.0.0.5\nhttps,http\n2026-10-06\n\n")
        try signature.terms.check(request, now: start)
        #expect(throws: StorageError.self) { try signature.terms.check(request, now: start - .seconds(1)) }
        #expect(throws: StorageError.self) { try signature.terms.check(request, now: start + .seconds(86_400)) }
    }

    @Test func readsABlobSignatureWithItsOverrides() throws {
        let signature = try verified(blobQuery, blob: "a b/é+%.jpg")
        guard case .service(let service) = signature else { throw StorageError(.internalError) }
        #expect(service.overrides.disposition == "attachment; filename=\"x y.txt\"")
        #expect(service.terms.permissions.allowsAny(of: [.write]))
        #expect(throws: StorageError.self) { try verified(blobQuery, blob: "another") }
        #expect(throws: StorageError.self) { try verified(blobQuery, container: "another", blob: "a b/é+%.jpg") }
    }

    @Test func aContainerSignatureCoversItsBlobs() throws {
        _ = try verified(containerQuery)
        _ = try verified(containerQuery, blob: "anything")
        #expect(throws: StorageError.self) { try verified(containerQuery, container: "another") }
        #expect(throws: StorageError.self) { try verified(containerQuery, container: nil) }
    }

    @Test func everyChangedParameterBreaksTheSignature() throws {
        for (text, blob) in [(accountQuery, nil), (blobQuery, "a b/é+%.jpg"), (containerQuery, nil)] {
            let query = try #require(HTTPQuery(parsing: text))
            for index in query.items.indices {
                var changed = query
                let item = changed.items[index]
                changed.items[index].value = item.name == "sv" ? "2018-11-09" : item.value + "x"
                #expect(throws: StorageError.self, "\(item.name)") { try verified(changed.encoded, blob: blob) }
                if item.name != "sr" { changed.items.remove(at: index) }
                #expect(throws: StorageError.self, "\(item.name)") { try verified(changed.encoded, blob: blob) }
            }
        }
    }

    @Test(arguments: ["2015-04-05", "2018-11-09", "2020-02-10", "2020-12-06", "2024-11-04"])
    func makesWhatItReads(version: String) throws {
        var terms = SASTerms([.read, .list, .write], start: start, expiry: start + .seconds(60))
        terms.version = version
        terms.addresses = "10.0.0.1"
        terms.protocols = "https"
        let key = StorageAccount.development.keys[0]
        let ours = AccountSAS(terms, resourceTypes: [.object, .container])
        #expect(try verified(ours.query(for: "devstoreaccount1", signedWith: key).encoded) == .account(ours))
        var service = ServiceSAS(terms, for: .blob(try ContainerName("pictures"), try BlobName("ä/+ &.jpg")))
        service.overrides.type = "text/plain; charset=utf-8"
        let query = service.query(for: "devstoreaccount1", signedWith: key).encoded
        #expect(try verified(query, blob: "ä/+ &.jpg") == .service(service))
    }

    @Test func theLayoutFollowsTheVersion() throws {
        var terms = SASTerms([.read], expiry: start)
        let lines = ["2015-04-05": 13, "2018-11-09": 15, "2020-12-06": 16, "2026-10-06": 16]
        for (version, count) in lines {
            terms.version = version
            let text = ServiceSAS(terms, for: .container(try ContainerName("abc"))).stringToSign(account: "a")
            #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == count)
        }
    }

    @Test(arguments: [
        "sv=2024-11-04&sp=r&se=2027-01-01&sr=c&si=policy", "sv=2024-11-04&sp=r&se=2027-01-01&sr=d&sdd=1",
        "sv=2024-11-04&sp=r&se=2027-01-01&sr=bs", "sv=2024-11-04&sp=r&se=2027-01-01&sr=c&skoid=x",
        "sv=2014-02-14&sp=r&se=2027-01-01&sr=c", "sv=&sp=r&se=2027-01-01&sr=c", "sp=r&se=2027-01-01&sr=c",
        "sv=2024-11-04&sp=r&se=tomorrow&sr=c", "sv=2024-11-04&sp=r&se=2027-01-01", "",
    ])
    func refusesClearlyWhatItDoesNotKnow(query: String) throws {
        do {
            _ = try verified(query + "&sig=AAAA")
            Issue.record("it was accepted")
        } catch let error as StorageError {
            #expect(error.code == .authenticationFailed)
            #expect(error.details.first?.name == "AuthenticationErrorDetail")
        }
    }

    @Test func termsHoldForTheirProtocolAndAddressesOnly() throws {
        var terms = SASTerms([.read], expiry: start + .seconds(1))
        terms.protocols = "https"
        #expect(throws: StorageError.self) { try terms.check(request, now: start) }
        terms.protocols = "https,http"
        try terms.check(request, now: start)
        for (range, isIn) in [
            ("127.0.0.3", true), ("127.0.0.1-127.0.0.9", true), ("127.0.0.4", false), ("", false), ("x", false),
            ("127.0.0.9-127.0.0.1", false),
        ] {
            terms.addresses = range
            if isIn {
                try terms.check(request, now: start)
            } else {
                #expect(throws: StorageError.self) { try terms.check(request, now: start) }
            }
        }
        #expect(SASAddressRange("127.0.0.3")?.contains("::ffff:127.0.0.3") == true)
        #expect(SASAddressRange("127.0.0.3")?.contains("::1") == false)
    }

    @Test func aSignatureWithoutAnEndIsRefused() {
        var terms = SASTerms([.read], expiry: start)
        terms.expiry = nil
        #expect(throws: StorageError.self) { try terms.check(request, now: start) }
    }
}

private let accountQuery =
    "st=2026-11-20T08%3A00%3A00Z&se=2026-11-21T08%3A00%3A00Z&sp=rwdlc&sip=127.0.0.1-127.0.0.5&spr=https%2Chttp"
    + "&sv=2026-10-06&ss=b&srt=sco&sig=SKHoxQ5D9RUfS4fiQ0zpe/jEKackbe8lCiWOjaSWgm8%3D"
private let blobQuery =
    "se=2026-11-21T08%3A00%3A00Z&sp=rw&sv=2026-10-06&sr=b&rscc=no-cache"
    + "&rscd=attachment%3B%20filename%3D%22x%20y.txt%22&rsct=text/plain"
    + "&sig=%2BE5EBP8GB/v/xIIDMYUf9oP6MePapgPT1d%2BNT0VzJRQ%3D"
private let containerQuery =
    "st=2026-11-20T08%3A00%3A00Z&se=2026-11-21T08%3A00%3A00Z&sp=rl&sv=2026-10-06&sr=c"
    + "&sig=jnUa7zzMNuRtthvE9HFp61oJAovqcYgsFe2FJ6h59ls%3D"
