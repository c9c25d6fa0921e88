// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@testable import AzureStorage

/// Strings and signatures that azure-storage-blob 12.31.1 made for the development account.
struct SharedKeyTests {
    private let now = StorageTime(unixSeconds: 1_795_161_600)

    private func put() -> HTTPRequest {
        HTTPRequest(
            method: .put, path: "/devstoreaccount1/pictures/a%20b.jpg", query: "timeout=30",
            fields: [
                "x-ms-blob-type": "BlockBlob", "Content-Length": "11", "Content-Type": "image/jpeg",
                "x-ms-version": "2026-10-06", "x-ms-date": "Fri, 20 Nov 2026 08:00:00 GMT",
                "x-ms-client-request-id": "abc", "x-ms-meta-a_b": "1", "x-ms-meta-a1": "2", "If-None-Match": "*",
            ])
    }

    private func list() -> HTTPRequest {
        HTTPRequest(
            method: .get, path: "/devstoreaccount1/pictures",
            query: "restype=container&comp=list&prefix=a%20b%2Fc&include=metadata%2Ctags",
            fields: ["x-ms-version": "2026-10-06", "x-ms-date": "Fri, 20 Nov 2026 08:00:00 GMT"])
    }

    @Test func signsAsThePythonClientDoes() {
        var dialect = SharedKey.Dialect()
        dialect.order = .collated
        let text = SharedKey.stringToSign(for: put(), account: "devstoreaccount1", dialect: dialect)
        let expected =
            "PUT\n\n\n11\n\nimage/jpeg\n\n\n\n*\n\n\nx-ms-blob-type:BlockBlob\nx-ms-client-request-id:abc\n"
            + "x-ms-date:Fri, 20 Nov 2026 08:00:00 GMT\nx-ms-meta-a_b:1\nx-ms-meta-a1:2\nx-ms-version:2026-10-06\n"
            + "/devstoreaccount1/devstoreaccount1/pictures/a%20b.jpg\ntimeout:30"
        #expect(text == expected)
        let signature = StorageAccount.development.keys[0].signature(of: expected)
        #expect(signature == "/YtMzYdH1EHveD5kE9iIyp5XpFCNQK9wZI9cpA26ZUA=")
    }

    @Test func signsQueriesDecodedAndSorted() {
        let text = SharedKey.stringToSign(for: list(), account: "devstoreaccount1")
        #expect(
            text == "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 20 Nov 2026 08:00:00 GMT\nx-ms-version:2026-10-06\n"
                + "/devstoreaccount1/devstoreaccount1/pictures\ncomp:list\ninclude:metadata,tags\nprefix:a b/c\n"
                + "restype:container")
    }

    @Test(arguments: ["/YtMzYdH1EHveD5kE9iIyp5XpFCNQK9wZI9cpA26ZUA=", nil])
    func acceptsBothOrdersOfFields(signature: String?) throws {
        var request = put()
        if let signature {
            request.fields["Authorization"] = "SharedKey devstoreaccount1:\(signature)"
        } else {
            try SharedKey.sign(&request, as: "devstoreaccount1", with: StorageAccount.development.keys[0])
        }
        try check(request)
    }

    @Test func acceptsTheOtherSpellingsOfTheField() throws {
        for form in [SharedKey.Form.full, .lite] {
            for change in dialects {
                var request = list()
                request.path = "/devstoreaccount1"
                request.query = "comp=list&prefix=a+b"
                request.fields["Content-Length"] = "0"
                var dialect = SharedKey.Dialect()
                change(&dialect)
                let text = SharedKey.stringToSign(for: request, account: account, form: form, dialect: dialect) ?? ""
                let signature = StorageAccount.development.keys[0].signature(of: text)
                request.fields["Authorization"] = "\(form.rawValue) \(account):\(signature)"
                try check(request)
            }
        }
    }

    @Test func everyChangedPartBreaksTheSignature() throws {
        var signed = put()
        try SharedKey.sign(&signed, as: account, with: StorageAccount.development.keys[0])
        let changes: [(inout HTTPRequest) -> Void] = [
            { $0.method = .get }, { $0.path += "x" }, { $0.query = "timeout=31" }, { $0.query = nil },
            { $0.fields["Content-Length"] = "12" }, { $0.fields["Content-Type"] = "image/png" },
            { $0.fields["x-ms-meta-a1"] = "3" }, { $0.fields["x-ms-meta-new"] = "" },
            { $0.fields["If-None-Match"] = nil }, { $0.fields["Range"] = "bytes=0-1" },
            { $0.fields["x-ms-date"] = "Fri, 20 Nov 2026 08:00:01 GMT" },
            { $0.fields["Authorization"]?.removeLast(2) },
        ]
        try check(signed)
        for change in changes {
            var request = signed
            change(&request)
            #expect(throws: StorageError.self) { try check(request) }
        }
    }

    @Test(arguments: [(-899, true), (-901, false), (899, true), (901, false), (-86_400, false)])
    func aRequestIsSignedWithinAQuarterOfAnHour(seconds: Int, isAccepted: Bool) throws {
        var request = list()
        request.fields["x-ms-date"] = (now + .seconds(seconds)).httpDate.description
        try SharedKey.sign(&request, as: account, with: StorageAccount.development.keys[0])
        if isAccepted {
            try check(request)
        } else {
            #expect(throws: StorageError.self) { try check(request) }
        }
    }

    @Test func aRequestWithoutADateIsRefused() throws {
        var request = list()
        request.fields["x-ms-date"] = nil
        try SharedKey.sign(&request, as: account, with: StorageAccount.development.keys[0])
        #expect(throws: StorageError.self) { try check(request) }
        request.fields["Date"] = "Fri, 20 Nov 2026 08:00:00 GMT"
        try SharedKey.sign(&request, as: account, with: StorageAccount.development.keys[0])
        try check(request)
    }

    @Test func theSecondKeyOpensToo() throws {
        let (first, second) = (AccountKey.random(), AccountKey.random())
        let owner = try StorageAccount(name: account, keys: [first, second])
        var request = list()
        for key in [first, second] {
            try SharedKey.sign(&request, as: account, with: key)
            try check(request, of: owner)
        }
        try SharedKey.sign(&request, as: account, with: AccountKey.random())
        #expect(throws: StorageError.self) { try check(request, of: owner) }
    }

    @Test func sortsFieldsAsTheServiceDoes() {
        let names = [
            "x-ms-meta-a'b", "x-ms-version", "x-ms-meta-_", "x-ms-meta-a.b", "x-ms-meta-ab-", "x-ms-meta-a_b",
            "x-ms-blob-content-md5", "x-ms-me-tab", "x-ms-meta-a-b", "x-ms-blob-type", "x-ms-meta-abc", "x-ms-metab",
            "x-ms-blob-content-type", "x-ms-meta-a1b", "x-ms-meta-0", "x-ms-meta-ab", "x-ms-date",
        ]
        let sorted = [
            "x-ms-blob-content-md5", "x-ms-blob-content-type", "x-ms-blob-type", "x-ms-date", "x-ms-meta-_",
            "x-ms-meta-0", "x-ms-meta-a.b", "x-ms-meta-a_b", "x-ms-meta-a1b", "x-ms-meta-ab", "x-ms-meta-ab-",
            "x-ms-meta-a'b", "x-ms-meta-a-b", "x-ms-meta-abc", "x-ms-metab", "x-ms-me-tab", "x-ms-version",
        ]
        #expect(names.sorted(by: HeaderOrder.collated.precedes) == sorted)
    }

    @Test(arguments: ["", "SharedKey", "SharedKey a", "Bearer abc", "SharedKey :x", "sharedkey a:b"])
    func otherSchemesAreNone(field: String) { #expect(SharedKeyCredential(field) == nil) }

    private func check(_ request: HTTPRequest, of owner: StorageAccount = .development) throws {
        let credential = try #require(SharedKeyCredential(request.fields["Authorization"] ?? ""))
        try SharedKey.check(request, credential, of: owner, now: now)
    }
}

private let account = "devstoreaccount1"

private let dialects: [@Sendable (inout SharedKey.Dialect) -> Void] = [
    { _ in }, { $0.plusIsSpace = true }, { $0.signsZeroLength = true }, { $0.addsSlash = true },
    { $0.order = .collated },
]
