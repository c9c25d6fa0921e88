// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP
import Testing

@testable import StorageServer

@Suite(.timeLimit(.minutes(5)))
struct AuthorisationTests {
    /// An operation, the kind of resource it works on, and the permissions any of which allow it.
    struct Operation: Sendable, CustomTestStringConvertible {
        let line: String
        let kind: AccountSAS.ResourceType
        let permissions: Set<SASPermission>
        var isInServiceSignatures = true
        var testDescription: String { line }
    }

    static let operations = [
        Operation(line: "PUT /pictures/new", kind: .object, permissions: [.create, .write]),
        Operation(line: "PUT /pictures/new?comp=block&blockid=QUFB", kind: .object, permissions: [.create, .write]),
        Operation(line: "GET /pictures/a", kind: .object, permissions: [.read]),
        Operation(line: "HEAD /pictures/a", kind: .object, permissions: [.read]),
        Operation(line: "GET /pictures/a?comp=blocklist", kind: .object, permissions: [.read]),
        Operation(line: "PUT /pictures/a?comp=metadata", kind: .object, permissions: [.write]),
        Operation(line: "PUT /pictures/a?comp=properties", kind: .object, permissions: [.write]),
        Operation(line: "DELETE /pictures/a", kind: .object, permissions: [.delete]),
        Operation(line: "GET /pictures?restype=container&comp=list", kind: .container, permissions: [.list]),
        Operation(
            line: "GET /pictures?restype=container", kind: .container, permissions: [.read],
            isInServiceSignatures: false),
        Operation(
            line: "PUT /other?restype=container", kind: .container, permissions: [.create, .write],
            isInServiceSignatures: false),
        Operation(
            line: "DELETE /pictures?restype=container", kind: .container, permissions: [.delete],
            isInServiceSignatures: false),
        Operation(line: "GET /?comp=list", kind: .service, permissions: [.list], isInServiceSignatures: false),
    ]

    @Test(arguments: operations)
    func anAccountSignatureAllowsWhatItSaysAndNothingElse(operation: Operation) async throws {
        let door = try await Self.door()
        for permission in SASPermission.allCases {
            let isAllowed = operation.permissions.contains(permission)
            let signature = Self.signature([permission], on: [operation.kind], at: door)
            let response = try await door.send(operation.line, Self.fields, by: .signature(signature))
            let isRefused = response.errorCode == "AuthorizationPermissionMismatch"
            #expect(isRefused != isAllowed, "\(permission)")
            if isAllowed, operation.line.hasPrefix("DELETE") { break }
        }
        let others = Set(AccountSAS.ResourceType.allCases).subtracting([operation.kind])
        let signature = Self.signature(Set(SASPermission.allCases), on: others, at: door)
        let response = try await door.send(operation.line, Self.fields, by: .signature(signature))
        #expect(response.errorCode == "AuthorizationResourceTypeMismatch")
    }

    @Test(arguments: operations)
    func aContainerSignatureAllowsWhatItSaysAndNothingElse(operation: Operation) async throws {
        let door = try await Self.door()
        let terms = SASTerms(operation.permissions, expiry: door.fixture.now + .seconds(60))
        let scope = ServiceSAS.Scope.container(try ContainerName("pictures"))
        let none = SASTerms(
            Set(SASPermission.allCases).subtracting(operation.permissions), expiry: door.fixture.now + .seconds(60))
        let refused = try await door.send(operation.line, Self.fields, by: .signature(Self.sign(none, scope)))
        #expect(refused.status == 403)
        let response = try await door.send(operation.line, Self.fields, by: .signature(Self.sign(terms, scope)))
        #expect((response.status.code < 300) == operation.isInServiceSignatures, "\(response.fields)")
    }

    @Test(arguments: operations)
    func nobodyMayDoAnythingToAPrivateContainer(operation: Operation) async throws {
        let door = try await Self.door()
        let response = try await door.send(operation.line, Self.fields, by: .nobody)
        #expect([403, 404].contains(response.status.code))
        #expect(["ResourceNotFound", "AuthenticationFailed"].contains(response.errorCode))
    }

    @Test(arguments: [
        ("blob", "GET /pictures/a", 200), ("blob", "HEAD /pictures/a", 200), ("blob", "GET /pictures/none", 404),
        ("blob", "GET /pictures?restype=container&comp=list", 404), ("blob", "DELETE /pictures/a", 403),
        ("blob", "PUT /pictures/b", 403), ("container", "GET /pictures/a", 200),
        ("container", "GET /pictures?restype=container&comp=list", 200),
        ("container", "GET /pictures?restype=container", 200),
        ("container", "GET /pictures?restype=container&comp=acl", 403), ("container", "GET /?comp=list", 403),
    ])
    func anybodyReadsWhatIsOpen(openness: String, line: String, status: Int) async throws {
        let door = try await Self.door()
        try await door.send("PUT /pictures?restype=container&comp=acl", ["x-ms-blob-public-access": openness])
        #expect(try await door.send(line, Self.fields, by: .nobody).status.code == status)
    }

    @Test func createDoesNotAllowToWriteOver() async throws {
        let door = try await Self.door()
        let terms = SASTerms([.create], expiry: door.fixture.now + .seconds(60))
        for name in ["a", "new"] {
            let query = Self.sign(terms, .blob(try ContainerName("pictures"), try BlobName(name)))
            let response = try await door.send("PUT /pictures/\(name)", Self.fields, [1], by: .signature(query))
            #expect(response.errorCode == (name == "a" ? "AuthorizationPermissionMismatch" : nil))
        }
    }

    @Test func aSignatureSetsFieldsOfTheAnswer() async throws {
        let door = try await Self.door()
        let terms = SASTerms([.read], expiry: door.fixture.now + .seconds(60))
        var signature = ServiceSAS(terms, for: .blob(try ContainerName("pictures"), try BlobName("a")))
        signature.overrides.type = "text/html"
        signature.overrides.disposition = "attachment; filename=\"x\""
        let key = StorageAccount.development.keys[0]
        let response = try await door.send(
            "GET /pictures/a", by: .signature(signature.query(for: account, signedWith: key)))
        #expect(response.fields["Content-Type"] == "text/html")
        #expect(response.fields["Content-Disposition"] == "attachment; filename=\"x\"")
        signature.overrides.type = "text/html\r\nSet-Cookie: a=b"
        let hostile = try await door.send(
            "GET /pictures/a", by: .signature(signature.query(for: account, signedWith: key)))
        #expect(hostile.errorCode == "InvalidQueryParameterValue")
        let unsigned = try await door.send("GET /pictures/a?rsct=text/html")
        #expect(unsigned.fields["Content-Type"] == "application/octet-stream")
    }

    @Test func aCopyNeedsToReadItsSource() async throws {
        let door = try await Self.door()
        try await door.send("PUT /private?restype=container")
        try await door.send("PUT /private/secret", Self.fields, [7])
        let terms = SASTerms([.write, .read], expiry: door.fixture.now + .seconds(60))
        let writer = Self.sign(terms, .container(try ContainerName("pictures")))
        let base = "http://127.0.0.1:10000/\(account)/private/secret"
        let refused = try await door.send(
            "PUT /pictures/stolen", ["x-ms-copy-source": base], by: .signature(writer))
        #expect(refused.errorCode == "CannotVerifyCopySource")
        let reader = Self.sign(terms, .container(try ContainerName("private"))).encoded
        let allowed = try await door.send(
            "PUT /pictures/copied", ["x-ms-copy-source": "\(base)?\(reader)"], by: .signature(writer))
        #expect(allowed.status == 202)
        #expect(try await door.send("HEAD /pictures/copied").fields["x-ms-copy-source"] == base)
    }

    @Test func anAccountThatIsNotHereIsNotFound() async throws {
        let door = try await Self.door()
        let request = HTTPRequest(method: .get, path: "/other/pictures/a")
        let response = try await door.service.respond(to: request, body: BytesBody([]))
        #expect(response.status == 404)
        #expect(response.errorCode == "ResourceNotFound")
    }

    private static let fields: HTTPFields = ["x-ms-blob-type": "BlockBlob"]

    private static func door() async throws -> Door {
        let door = try await Door.withContainer()
        try await door.put("a", [1])
        return door
    }

    private static func signature(
        _ permissions: Set<SASPermission>, on kinds: Set<AccountSAS.ResourceType>, at door: Door
    ) -> HTTPQuery {
        let terms = SASTerms(permissions, expiry: door.fixture.now + .seconds(60))
        return AccountSAS(terms, resourceTypes: kinds)
            .query(for: account, signedWith: StorageAccount.development.keys[0])
    }

    private static func sign(_ terms: SASTerms, _ scope: ServiceSAS.Scope) -> HTTPQuery {
        ServiceSAS(terms, for: scope).query(for: account, signedWith: StorageAccount.development.keys[0])
    }
}
