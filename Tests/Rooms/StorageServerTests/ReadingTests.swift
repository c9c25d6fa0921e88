// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Crypto
import HTTP
import Testing

@testable import StorageServer

@Suite(.timeLimit(.minutes(5)))
struct ReadingTests {
    /// One door with short content in rows, one with all content in files.
    private static func doors() async throws -> [Door] {
        var inFiles = BlobStoreConfiguration()
        inFiles.inlineLimitBytes = 4
        return [try await .withContainer(), try await .withContainer(inFiles)]
    }

    @Test(arguments: [
        ("bytes=0-0", "0", "bytes 0-0/10"), ("bytes=3-", "3456789", "bytes 3-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"), ("bytes=-2", "89", "bytes 8-9/10"),
    ])
    func sendsTheRangeThatWasAskedFor(range: String, expected: String, place: String) async throws {
        for door in try await Self.doors() {
            try await door.put("a", Array("0123456789".utf8))
            let response = try await door.send("GET /pictures/a", ["x-ms-range": range])
            #expect(response.status == 206)
            #expect(try response.text() == expected)
            #expect(response.fields["Content-Range"] == place)
            #expect(response.fields["x-ms-blob-content-md5"] == base64(Digest.md5.of(Array("0123456789".utf8))))
            #expect(response.fields["Content-MD5"] == nil)
        }
    }

    @Test func computesTheChecksumOfARange() async throws {
        for door in try await Self.doors() {
            try await door.put("a", Array("0123456789".utf8))
            let md5 = try await door.send(
                "GET /pictures/a", ["Range": "bytes=2-4", "x-ms-range-get-content-md5": "true"])
            #expect(md5.fields["Content-MD5"] == base64(Digest.md5.of(Array("234".utf8))))
            #expect(try md5.text() == "234")
            let crc = try await door.send(
                "GET /pictures/a", ["Range": "bytes=2-4", "x-ms-range-get-content-crc64": "true"])
            #expect(crc.fields["x-ms-content-crc64"] == base64(CRC64.of(Array("234".utf8))))
        }
    }

    @Test func sendsLongContentAsARegionOfItsFile() async throws {
        let door = try await Door.withContainer()
        let bytes = pattern(100_000)
        try await door.put("a", bytes)
        let response = try await door.send("GET /pictures/a", ["Range": "bytes=10-99"])
        guard case .file(let region) = response.body else { throw StorageError(.internalError) }
        #expect(region.offset == 10 && region.length == 90)
        #expect(try response.bytes() == Array(bytes[10..<100]))
    }

    @Test func tellsHowLongABlobIsWhenTheRangeIsBehindIt() async throws {
        let door = try await Door.withContainer()
        try await door.put("empty", [])
        let response = try await door.send("GET /pictures/empty", ["x-ms-range": "bytes=0-33554431"])
        #expect(response.status == 416)
        #expect(response.fields["Content-Range"] == "bytes */0")
    }

    @Test func tellsWhoIsUpToDate() async throws {
        let door = try await Door.withContainer()
        let etag = try await door.put("a", [1]).fields["ETag"] ?? ""
        for method in ["GET", "HEAD"] {
            let response = try await door.send("\(method) /pictures/a", ["If-None-Match": etag])
            #expect(response.status == 304)
            #expect(response.fields["ETag"] == etag)
            #expect(try response.bytes().isEmpty)
        }
    }

    @Test func headTellsWhatGetWouldSend() async throws {
        let door = try await Door.withContainer()
        let given: HTTPFields = [
            "Content-Type": "image/jpeg", "x-ms-blob-cache-control": "max-age=1", "Content-Language": "de",
            "Content-Encoding": "gzip", "x-ms-blob-content-disposition": "inline", "x-ms-meta-Owner": "me",
        ]
        try await door.put("a", Array("0123456789".utf8), given)
        let get = try await door.send("GET /pictures/a")
        let head = try await door.send("HEAD /pictures/a")
        for fields in [get.fields, head.fields] {
            #expect(fields["Content-Type"] == "image/jpeg")
            #expect(fields["Cache-Control"] == "max-age=1")
            #expect(fields["Content-Language"] == "de")
            #expect(fields["Content-Encoding"] == "gzip")
            #expect(fields["Content-Disposition"] == "inline")
            #expect(fields["x-ms-meta-Owner"] == "me")
            #expect(fields["x-ms-blob-type"] == "BlockBlob")
            #expect(fields["Accept-Ranges"] == "bytes")
        }
        guard case .stream(length: 10, _) = head.body else { throw StorageError(.internalError) }
        try await door.send("PUT /pictures/a?comp=properties", ["x-ms-blob-content-type": "a/b"])
        let changed = try await door.send("HEAD /pictures/a").fields
        #expect(changed["Content-Type"] == "a/b")
        #expect(changed["Content-Encoding"] == nil)
        #expect(changed["x-ms-meta-Owner"] == "me")
    }

    @Test func listsAsXML() async throws {
        let door = try await Door.withContainer()
        try await door.put("x/1%20%26%20%3C", [1], ["x-ms-meta-k": "<v>"])
        try await door.put("x/%01", [1])
        let flat = try await door.send("GET /pictures?restype=container&comp=list&include=metadata&prefix=x/")
        let root = try XMLElement(parsing: flat.bytes())
        #expect(root.attributes["ServiceEndpoint"] == "http://127.0.0.1:10000/devstoreaccount1/")
        let blobs = try #require(root["Blobs"]).children
        #expect(blobs[0]["Name"]?.text == "x%2F%01")
        #expect(blobs[0]["Name"]?.attributes["Encoded"] == "true")
        #expect(blobs[1]["Name"]?.text == "x/1 & <")
        #expect(blobs[1]["Metadata"]?["k"]?.text == "<v>")
        #expect(blobs[1]["Properties"]?["Content-Length"]?.text == "1")
        #expect(root["NextMarker"]?.text == "")
        let folders = try await door.send("GET /pictures?restype=container&comp=list&delimiter=/&maxresults=1")
        let prefixes = try #require(XMLElement(parsing: folders.bytes())["Blobs"]).children
        #expect(prefixes.map(\.name) == ["BlobPrefix"])
        #expect(prefixes[0]["Name"]?.text == "x/")
    }
}
