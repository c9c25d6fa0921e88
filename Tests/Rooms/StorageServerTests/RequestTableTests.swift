// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP
import Testing

@testable import StorageServer

/// Requests and what they are answered, against a container `pictures` with the blob `a` of ten bytes.
@Suite(.timeLimit(.minutes(5)))
struct RequestTableTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let line: String
        let fields: HTTPFields
        let body: String
        let status: Int
        let code: String?

        init(_ line: String, _ fields: HTTPFields = [:], _ body: String = "", _ status: Int, _ code: String? = nil) {
            self.line = line
            self.fields = fields
            self.body = body
            self.status = status
            self.code = code
        }

        var testDescription: String { line }
    }

    @Test(arguments: containers + blobs + blocks + lists + missing)
    func isAnswered(request: Case) async throws {
        let door = try await Door.withContainer()
        try await door.put("a", Array("0123456789".utf8))
        let response = try await door.send(request.line, request.fields, Array(request.body.utf8))
        #expect(response.status.code == request.status, "\(response.fields)")
        #expect(response.errorCode == request.code)
        #expect(response.fields["x-ms-request-id"]?.utf8.count == 36)
        let version = request.fields["x-ms-version"] ?? "2024-11-04"
        #expect(response.fields["x-ms-version"] == (version == "yesterday" ? BlobService.version : version))
        guard let code = request.code else { return }
        if request.line.hasPrefix("HEAD") {
            #expect(try response.bytes().isEmpty)
        } else {
            let error = try XMLElement(parsing: response.bytes())
            #expect(error["Code"]?.text == code)
            #expect(error["Message"]?.text.contains("RequestId:\(response.fields["x-ms-request-id"] ?? "")") == true)
        }
    }

    static let containers: [Case] = [
        Case("PUT /other?restype=container", 201),
        Case("PUT /other?restype=container", ["x-ms-blob-public-access": "blob", "x-ms-meta-a": "b"], 201),
        Case("PUT /other?restype=container", ["x-ms-blob-public-access": "all"], 400, "InvalidHeaderValue"),
        Case("PUT /other?restype=container", ["x-ms-meta-a-b": "c"], 400, "InvalidMetadata"),
        Case("PUT /pictures?restype=container", 409, "ContainerAlreadyExists"),
        Case("PUT /Bad_Name?restype=container", 400, "InvalidResourceName"),
        Case("PUT /a?restype=container", 400, "OutOfRangeInput"),
        Case("GET /pictures?restype=container", 200), Case("HEAD /pictures?restype=container", 200),
        Case("HEAD /pictures/?RESTYPE=container", 200),
        Case("GET /other?restype=container", 404, "ContainerNotFound"),
        Case("HEAD /other?restype=container", 404, "ContainerNotFound"),
        Case("GET /pictures?restype=container&comp=metadata", 200),
        Case("PUT /pictures?restype=container&comp=metadata", ["x-ms-meta-a": "b"], 200),
        Case("GET /pictures?restype=container&comp=acl", 200),
        Case("PUT /pictures?restype=container&comp=acl", 200),
        Case("PUT /pictures?restype=container&comp=acl", [:], "<SignedIdentifiers/>", 200),
        Case("PUT /pictures?restype=container&comp=acl", [:], "<Signed", 400, "InvalidXmlDocument"),
        Case(
            "PUT /pictures?restype=container&comp=acl", [:],
            "<SignedIdentifiers><SignedIdentifier><Id>x</Id></SignedIdentifier></SignedIdentifiers>", 501,
            "NotImplemented"),
        Case("DELETE /pictures?restype=container", 202),
        Case("DELETE /pictures?restype=container", ["If-Unmodified-Since": past], 412, "ConditionNotMet"),
        Case("DELETE /other?restype=container", 404, "ContainerNotFound"),
        Case("POST /pictures?restype=container", 405, "UnsupportedHttpVerb"),
    ]

    static let blobs: [Case] = [
        Case("PUT /pictures/b", ["x-ms-blob-type": "BlockBlob"], "x", 201),
        Case("PUT /pictures/a", ["x-ms-blob-type": "BlockBlob"], "x", 201),
        Case("PUT /pictures/a", ["x-ms-blob-type": "BlockBlob", "If-None-Match": "*"], 409, "BlobAlreadyExists"),
        Case("PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "If-Match": "*"], 412, "ConditionNotMet"),
        Case("PUT /other/b", ["x-ms-blob-type": "BlockBlob"], "x", 404, "ContainerNotFound"),
        Case("PUT /pictures/b", [:], "x", 400, "MissingRequiredHeader"),
        Case("PUT /pictures/b", ["x-ms-blob-type": "Cube"], "x", 400, "InvalidHeaderValue"),
        Case("PUT /pictures/b", ["x-ms-blob-type": "PageBlob"], "x", 501, "NotImplemented"),
        Case("PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "x-ms-tags": "a=b"], "x", 400, "UnsupportedHeader"),
        Case(
            "PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "x-ms-structured-body": "XSM/1.0"], "x", 400,
            "UnsupportedHeader"),
        Case("PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "x-ms-access-tier": "Hot"], "x", 201),
        Case(
            "PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "x-ms-access-tier": "Cool"], "x", 400,
            "UnsupportedHeader"),
        Case("PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "Content-MD5": md5OfX], "x", 201),
        Case("PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "Content-MD5": md5OfX], "y", 400, "Md5Mismatch"),
        Case(
            "PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "x-ms-blob-content-md5": md5OfX], "y", 400, "Md5Mismatch"
        ),
        Case("PUT /pictures/b", ["x-ms-blob-type": "BlockBlob", "Content-MD5": "xyz"], "x", 400, "InvalidMd5"),
        Case("GET /pictures/a", 200), Case("HEAD /pictures/a", 200),
        Case("GET /pictures/b", 404, "BlobNotFound"), Case("HEAD /pictures/b", 404, "BlobNotFound"),
        Case("GET /other/a", 404, "ContainerNotFound"), Case("GET /a", 404, "ContainerNotFound"),
        Case("GET /pictures/a", ["x-ms-range": "bytes=2-4"], 206), Case("GET /pictures/a", ["Range": "bytes=2-4"], 206),
        Case("GET /pictures/a", ["Range": "bytes=-3"], 206), Case("GET /pictures/a", ["Range": "bytes=4-2"], 200),
        Case("GET /pictures/a", ["Range": "bytes=10-"], 416, "InvalidRange"),
        Case("GET /pictures/a", ["Range": "bytes=0-1", "x-ms-range-get-content-md5": "true"], 206),
        Case("GET /pictures/a", ["x-ms-range-get-content-md5": "true"], 400, "MissingRequiredHeader"),
        Case("GET /pictures/a", ["If-Match": "\"x\""], 412, "ConditionNotMet"),
        Case("GET /pictures/a", ["If-None-Match": "*"], 400, "InvalidHeaderValue"),
        Case("GET /pictures/a", ["If-Modified-Since": "now"], 400, "InvalidHeaderValue"),
        Case("GET /pictures/a", ["x-ms-version": "2099-01-01"], 200),
        Case("GET /pictures/a?snapshot=2026-01-01T00:00:00.0000000Z", 501, "NotImplemented"),
        Case("GET /pictures/a?comp=metadata", 200), Case("HEAD /pictures/a?comp=metadata", 200),
        Case("PUT /pictures/a?comp=metadata", ["x-ms-meta-k": "v"], 200),
        Case("PUT /pictures/b?comp=metadata", ["x-ms-meta-k": "v"], 404, "BlobNotFound"),
        Case("PUT /pictures/a?comp=properties", ["x-ms-blob-content-type": "a/b"], 200),
        Case("DELETE /pictures/a", 202), Case("DELETE /pictures/b", 404, "BlobNotFound"),
        Case("DELETE /pictures/a", ["x-ms-delete-snapshots": "include"], 202),
        Case("DELETE /pictures/a", ["x-ms-delete-snapshots": "some"], 400, "InvalidHeaderValue"),
        Case("DELETE /pictures/a", ["x-ms-lease-id": "x"], 412, "LeaseNotPresentWithBlobOperation"),
        Case("PUT /pictures/b", ["x-ms-copy-source": "http://127.0.0.1:10000/\(account)/pictures/a"], 202),
        Case(
            "PUT /pictures/b", ["x-ms-copy-source": "http://elsewhere/\(account)/pictures/a"], 404,
            "CannotVerifyCopySource"),
        Case("PUT /pictures/b", ["x-ms-copy-source": "file:///etc/passwd"], 400, "InvalidHeaderValue"),
        Case(
            "PUT /pictures/b", ["x-ms-copy-source": "http://127.0.0.1:10000/\(account)/pictures/none"], 404,
            "CannotVerifyCopySource"),
    ]

    static let blocks: [Case] = [
        Case("PUT /pictures/b?comp=block&blockid=QUFB", [:], "x", 201),
        Case("PUT /pictures/b?comp=block&blockid=%21", [:], "x", 400, "InvalidQueryParameterValue"),
        Case("PUT /pictures/b?comp=block", [:], "x", 400, "MissingRequiredQueryParameter"),
        Case("PUT /other/b?comp=block&blockid=QUFB", [:], "x", 404, "ContainerNotFound"),
        Case("PUT /pictures/b?comp=blocklist", [:], "<BlockList/>", 201),
        Case("PUT /pictures/b?comp=blocklist", [:], "", 400, "InvalidXmlDocument"),
        Case("PUT /pictures/b?comp=blocklist", [:], "<!DOCTYPE a><BlockList/>", 400, "InvalidXmlDocument"),
        Case(
            "PUT /pictures/b?comp=blocklist", [:], "<BlockList><Latest>QUFB</Latest></BlockList>", 400,
            "InvalidBlockList"),
        Case("PUT /pictures/b?comp=blocklist", ["Content-MD5": md5OfX], "<BlockList/>", 400, "Md5Mismatch"),
        Case("GET /pictures/a?comp=blocklist", 200), Case("GET /pictures/a?comp=blocklist&blocklisttype=all", 200),
        Case("GET /pictures/a?comp=blocklist&blocklisttype=most", 400, "InvalidQueryParameterValue"),
        Case("GET /pictures/b?comp=blocklist", 404, "BlobNotFound"),
    ]

    static let lists: [Case] = [
        Case("GET /?comp=list", 200), Case("GET /?comp=list&include=metadata&prefix=p", 200),
        Case("GET /?comp=list&include=everything", 400, "InvalidQueryParameterValue"),
        Case("GET /pictures?restype=container&comp=list", 200),
        Case("GET /pictures?restype=container&comp=list&maxresults=99999", 200),
        Case("GET /pictures?restype=container&comp=list&maxresults=0", 400, "OutOfRangeQueryParameterValue"),
        Case("GET /pictures?restype=container&comp=list&maxresults=x", 400, "InvalidQueryParameterValue"),
        Case("GET /pictures?restype=container&comp=list&marker=x", 400, "InvalidQueryParameterValue"),
        Case("GET /other?restype=container&comp=list", 404, "ContainerNotFound"),
        Case("GET /?restype=account&comp=properties", 200), Case("HEAD /?restype=account&comp=properties", 200),
        Case("GET /?restype=service&comp=properties", 200),
        Case("PUT /?restype=service&comp=properties", [:], "<StorageServiceProperties/>", 202),
        Case(
            "PUT /?restype=service&comp=properties", [:],
            "<StorageServiceProperties><DeleteRetentionPolicy><Enabled>true</Enabled></DeleteRetentionPolicy>"
                + "</StorageServiceProperties>", 501, "NotImplemented"),
    ]

    static let missing: [Case] = [
        Case("PUT /pictures/a?comp=lease", 501, "NotImplemented"),
        Case("PUT /pictures/a?comp=snapshot", 501, "NotImplemented"),
        Case("PUT /pictures/a?comp=tier", 501, "NotImplemented"),
        Case("GET /pictures/a?comp=tags", 501, "NotImplemented"),
        Case("PUT /pictures/a?comp=appendblock", 501, "NotImplemented"),
        Case("POST /?comp=batch", 501, "NotImplemented"),
        Case("POST /?restype=service&comp=userdelegationkey", 501, "NotImplemented"),
        Case("PUT /pictures/a?comp=nonsense", 400, "InvalidQueryParameterValue"),
        Case("OPTIONS /pictures/a", 403, "CorsPreflightFailure"),
        Case("PATCH /pictures/a", 405, "UnsupportedHttpVerb"),
        Case("GET /pictures/%zz", 400, "InvalidUri"), Case("GET /pictures/%ff", 400, "InvalidUri"),
        Case("GET /pictures/a%00b", 400, "InvalidUri"),
        Case("GET /pictures/../../etc/passwd", 404, "BlobNotFound"),
        Case("GET /pictures/a", ["x-ms-version": "yesterday"], 400, "InvalidHeaderValue"),
    ]
}

private let past = "Sun, 06 Nov 1994 08:49:37 GMT"
private let md5OfX = "ndTkYSaMgDT1yFZOFVxnpg=="

extension RequestTableTests.Case {
    fileprivate init(_ line: String, _ status: Int, _ code: String? = nil) {
        self.init(line, [:], "", status, code)
    }

    fileprivate init(_ line: String, _ fields: HTTPFields, _ status: Int, _ code: String? = nil) {
        self.init(line, fields, "", status, code)
    }
}
