// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

struct PercentEncodingTests {
    @Test(arguments: [
        ("", ""), ("abc-._~", "abc-._~"), ("a b", "a%20b"), ("a/b?c&d=e+f", "a%2Fb%3Fc%26d%3De%2Bf"),
        ("é", "%C3%A9"), ("😀", "%F0%9F%98%80"), ("%", "%25"), ("\0\u{7f}", "%00%7F"),
    ])
    func textIsEncodedAndDecoded(text: String, encoded: String) {
        #expect(percentEncoded(text) == encoded)
        #expect(percentDecoded(encoded) == text)
        #expect(percentDecoded(encoded.lowercased()) == text.lowercased())
    }

    @Test(arguments: ["%", "%4", "%4G", "%G4", "a%", "%%41", "%C3", "%FF", "%+1", "% 41"])
    func whatIsNotEncodedRightHasNoText(encoded: String) {
        #expect(percentDecoded(encoded) == nil)
    }

    @Test func everyPartOfAURIKeepsItsOwn() {
        #expect(percentEncoded("/a:b@c d/", keeping: .path) == "/a:b@c%20d/")
        #expect(percentEncoded("a/b", keeping: .segment) == "a%2Fb")
        #expect(percentEncoded("a/b?c=d&e", keeping: .queryItem) == "a/b?c%3Dd%26e")
    }

    @Test func aPlusIsASpaceOnlyWhereAsked() {
        #expect(percentDecoded("a+b%2B") == "a+b+")
        #expect(percentDecoded("a+b%2B", plusIsSpace: true) == "a b+")
    }
}

struct HTTPQueryTests {
    @Test func itemsKeepTheirOrderAndTheirDuplicates() throws {
        let query = try #require(HTTPQuery(parsing: "a=1&b=%26%3D&a=2&&c&d=e=f"))
        #expect(query.items.map(\.name) == ["a", "b", "a", "c", "d"])
        #expect(query["a"] == "1")
        #expect(query.values(of: "a") == ["1", "2"])
        #expect(query["b"] == "&=")
        #expect(query["c"] == "")
        #expect(query["d"] == "e=f")
        #expect(query["A"] == nil)
    }

    @Test(arguments: [nil, ""])
    func noQueryHasNoItems(raw: String?) {
        #expect(HTTPQuery(parsing: raw)?.items.isEmpty == true)
    }

    @Test(arguments: ["a=%", "%zz=1", "a=%FF"])
    func whatIsNotEncodedRightIsRefused(raw: String) {
        #expect(HTTPQuery(parsing: raw) == nil)
    }

    @Test func whatIsWrittenIsReadBack() {
        let query: HTTPQuery = ["na me": "a+b&c=d", "é": "", "": "x"]
        #expect(HTTPQuery(parsing: query.encoded) == query)
        #expect(HTTPQuery(parsing: query.encoded, plusIsSpace: true) == query)
    }
}

struct HTTPRequestTests {
    @Test(arguments: [
        ("/", [""]), ("/a", ["a"]), ("/a/b%2Fc", ["a", "b/c"]), ("/a//b/", ["a", "", "b", ""]), ("/%2e%2E", [".."]),
    ])
    func aPathHasDecodedSegments(path: String, segments: [String]) {
        #expect(HTTPRequest(method: .get, path: path).decodedPathSegments() == segments)
    }

    @Test func aPathThatIsNotEncodedRightHasNone() {
        #expect(HTTPRequest(method: .get, path: "/a/%zz").decodedPathSegments() == nil)
    }
}
