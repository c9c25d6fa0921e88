// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

/// A message that servers have been tricked with, or must not be confused by, and the status it deserves.
struct Pitfall: CustomTestStringConvertible {
    let name: String
    let message: String
    /// The status when it is refused; 200 when it is served.
    let status: Int

    init(_ name: String, _ message: String, _ status: Int) {
        self.name = name
        self.message = message
        self.status = status
    }

    var testDescription: String { name }

    static let heads: [Pitfall] = framing + lines + fields + targets + sizes

    private static let get = "GET /echo HTTP/1.1\r\nHost: a\r\n"
    private static let put = "PUT /echo HTTP/1.1\r\nHost: a\r\n"

    private static let framing = [
        Pitfall("length and coding", put + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Pitfall("coding and length", put + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        Pitfall("the same length twice", put + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        Pitfall("two lengths", put + "Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello", 400),
        Pitfall("a list of lengths", put + "Content-Length: 5, 5\r\n\r\nhello", 400),
        Pitfall("a signed length", put + "Content-Length: +5\r\n\r\nhello", 400),
        Pitfall("a negative length", put + "Content-Length: -5\r\n\r\nhello", 400),
        Pitfall("a hexadecimal length", put + "Content-Length: 0x5\r\n\r\nhello", 400),
        Pitfall("a length with text", put + "Content-Length: 5abc\r\n\r\nhello", 400),
        Pitfall("an empty length", put + "Content-Length:\r\n\r\n", 400),
        Pitfall("a length beyond 64 bits", put + "Content-Length: 99999999999999999999999\r\n\r\nhello", 400),
        Pitfall("a coding that ends in chunked", put + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        Pitfall("a coding before chunked", put + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        Pitfall(
            "two codings", put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400),
        Pitfall("a space before the colon", put + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        Pitfall("a coding in HTTP/1.0", "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Pitfall("a vertical tab before the coding", put + "Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n", 400),
        Pitfall("chunked in capitals", put + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 200),
        Pitfall("blanks around a length", put + "Content-Length: \t 5 \t\r\n\r\nhello", 200),
        Pitfall("another expectation", put + "Content-Length: 5\r\nExpect: banana\r\n\r\nhello", 417),
    ]

    private static let lines = [
        Pitfall("lines that end in LF only", "GET /echo HTTP/1.1\nHost: a\n\n", 400),
        Pitfall("one line that ends in LF only", get + "X: y\nZ: w\r\n\r\n", 400),
        Pitfall("a lone CR in a value", get + "X: a\rb\r\n\r\n", 400),
        Pitfall("two CRs before the LF", get + "X: a\r\r\n\r\n", 400),
        Pitfall("a folded line", get + "X-A: b\r\n c: d\r\n\r\n", 400),
        Pitfall("a line folded with a tab", get + "X-A: b\r\n\tc: d\r\n\r\n", 400),
        Pitfall("a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", 400),
        Pitfall("an empty line before the request", "\r\n" + get + "\r\n", 200),
        Pitfall("two spaces after the method", "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("a space before the method", " GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("a space after the version", "GET /echo HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        Pitfall("a tab after the method", "GET\t/echo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("no version", "GET /echo\r\nHost: a\r\n\r\n", 400),
        Pitfall("version 2.0", "GET /echo HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        Pitfall("version 1.2", "GET /echo HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        Pitfall("version 1.10", "GET /echo HTTP/1.10\r\nHost: a\r\n\r\n", 400),
        Pitfall("a version in small letters", "GET /echo http/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        Pitfall("a method in small letters", "get /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        Pitfall("a method without end", String(repeating: "A", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ]

    private static let fields = [
        Pitfall("NUL in a value", get + "X: a\u{0}b\r\n\r\n", 400),
        Pitfall("DEL in a value", get + "X: a\u{7f}b\r\n\r\n", 400),
        Pitfall("a space in a name", get + "X Y: a\r\n\r\n", 400),
        Pitfall("a field without a colon", get + "XYZ\r\n\r\n", 400),
        Pitfall("an empty name", get + ": a\r\n\r\n", 400),
        Pitfall("a name beyond ASCII", get + "Xé: a\r\n\r\n", 400),
        Pitfall("a value beyond ASCII", get + "X: é\r\n\r\n", 200),
        Pitfall("an empty value", get + "X:\r\n\r\n", 200),
        Pitfall("no host", "GET /echo HTTP/1.1\r\n\r\n", 400),
        Pitfall("no host in HTTP/1.0", "GET /echo HTTP/1.0\r\n\r\n", 200),
        Pitfall("two hosts", get + "Host: b\r\n\r\n", 400),
        Pitfall("the same host twice", get + "Host: a\r\n\r\n", 400),
        Pitfall("a list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        Pitfall("a host with a user", "GET / HTTP/1.1\r\nHost: u@b\r\n\r\n", 400),
        Pitfall("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        Pitfall("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 200),
    ]

    private static let targets = [
        Pitfall("a whole URL", "GET http://x.y/echo HTTP/1.1\r\nHost: x.y\r\n\r\n", 200),
        Pitfall("a URL with a user", "GET http://u@x.y/echo HTTP/1.1\r\nHost: x.y\r\n\r\n", 400),
        Pitfall("a URL of another scheme", "GET ftp://x.y/echo HTTP/1.1\r\nHost: x.y\r\n\r\n", 400),
        Pitfall("a host as the target", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 400),
        Pitfall("a relative target", "GET echo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("an asterisk", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("options of the server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        Pitfall("a space in the target", "GET /ec ho HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("a target beyond ASCII", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("a fragment", "GET /echo#part HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("NUL in the target", "GET /a\u{0}b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Pitfall("signs that a URI should encode", "GET /{a}|\"b\"?<c> HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    ]

    private static let sizes = [
        Pitfall("a field of 30 KB", get + "X: \(String(repeating: "a", count: 30 << 10))\r\n\r\n", 200),
        Pitfall("a field of 120 KB", get + "X: \(String(repeating: "a", count: 120 << 10))\r\n\r\n", 431),
        Pitfall("a target of 70 KB", "GET /\(String(repeating: "a", count: 70 << 10)) HTTP/1.1\r\n\r\n", 414),
        Pitfall("127 more fields", get + String(repeating: "X: a\r\n", count: 127) + "\r\n", 200),
        Pitfall("128 more fields", get + String(repeating: "X: a\r\n", count: 128) + "\r\n", 431),
        Pitfall("endless empty lines", String(repeating: "\r\n", count: 40 << 10), 414),
    ]

    static let chunks: [Pitfall] = [
        Pitfall("extensions and trailers", "5;a=b;c=\"d\"\r\nhello\r\n0\r\nX-T: 1\r\nX-U:\r\n\r\n", 200),
        Pitfall("leading zeros", "0005\r\nhello\r\n000\r\n\r\n", 200),
        Pitfall("capital digits", "A\r\nhellohello\r\n0\r\n\r\n", 200),
        Pitfall("a prefixed size", "0x5\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("a negative size", "-1\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("a signed size", "+5\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("a blank after the size", "5 \r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("a blank before the size", " 5\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("no size", "\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("an extension without a size", ";a\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("a size beyond 64 bits", "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall("a size line that ends in LF only", "5\nhello\r\n0\r\n\r\n", 400),
        Pitfall("a lone CR in the size line", "5\rX\nhello\r\n0\r\n\r\n", 400),
        Pitfall("LF in an extension", "5;a\nhello\r\n0\r\n\r\n", 400),
        Pitfall("data that ends in LF only", "5\r\nhello\n0\r\n\r\n", 400),
        Pitfall("data beyond its size", "5\r\nhelloXX0\r\n\r\n", 400),
        Pitfall("a folded trailer", "5\r\nhello\r\n0\r\nX-T: 1\r\n 2\r\n\r\n", 400),
        Pitfall("a trailer without a colon", "5\r\nhello\r\n0\r\nX-T\r\n\r\n", 400),
        Pitfall("a trailer that ends in LF only", "5\r\nhello\r\n0\r\nX-T: 1\n\r\n", 400),
        Pitfall("a last line that ends in LF only", "5\r\nhello\r\n0\r\n\n", 400),
        Pitfall("endless extensions", "5;\(String(repeating: "a", count: 17 << 10))\r\nhello\r\n0\r\n\r\n", 400),
        Pitfall(
            "endless trailers", "5\r\nhello\r\n0\r\n\(String(repeating: "X: a\r\n", count: 2 << 10))\r\n", 400),
    ]
}
