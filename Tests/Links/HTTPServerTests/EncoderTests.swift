// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sockets
import Testing

@testable import HTTPServer

struct EncoderTests {
    private let date = Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8)

    @Test func aHeadHasStatusFieldsDateAndLength() {
        let response = HTTPResponse(status: 201, fields: ["ETag": "\"a\"", "x-ms-Meta": "b"], body: .bytes([1, 2]))
        #expect(
            head(of: response) == """
                HTTP/1.1 201 Created\r
                ETag: "a"\r
                x-ms-Meta: b\r
                Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                Content-Length: 2\r
                \r

                """)
    }

    @Test func aGivenDateIsKept() {
        let text = head(of: HTTPResponse(status: 200, fields: ["date": "then"]))
        #expect(text.contains("\r\ndate: then\r\n") && !text.contains("1994"))
    }

    @Test func nothingInAFieldBeginsALine() {
        let fields: HTTPFields = ["X": "a\r\nSet-Cookie: b\0", "Y\r\nZ": "c", "": "d", "V W": "e"]
        let text = head(of: HTTPResponse(status: 200, fields: fields))
        #expect(text.contains("\r\nX: aSet-Cookie: b\r\n"))
        #expect(!text.contains("Z") && !text.contains(": c") && !text.contains(": d") && !text.contains(": e"))
    }

    @Test func theFramingIsTheServersOwn() {
        let fields: HTTPFields = ["Content-Length": "777", "Transfer-Encoding": "gzip", "Connection": "upgrade"]
        let text = head(of: HTTPResponse(status: 200, fields: fields, body: .bytes([1])))
        #expect(text.contains("Content-Length: 1\r\n"))
        #expect(!text.contains("777") && !text.contains("gzip") && !text.contains("upgrade"))
    }

    @Test(arguments: [
        (HTTPMethod.get, 200, "Content-Length: 0", true), (.head, 200, "Content-Length: 7", false),
        (.get, 304, "Content-Length: 7", false), (.get, 204, "", false), (.head, 204, "", false),
    ])
    func anAnswerWithoutABodyMayAnnounceOne(method: HTTPMethod, status: Int, length: String, sendsBody: Bool) {
        let response = HTTPResponse(status: HTTPStatus(status), fields: ["Content-Length": "7"])
        let encoder = encoder(of: response, method: method)
        let text = String(decoding: encoder.head(date: date), as: UTF8.self)
        #expect(encoder.sendsBody == sendsBody)
        #expect(length.isEmpty ? !text.contains("Content-Length") : text.contains("\r\n\(length)\r\n"))
    }

    @Test func aStreamOfUnknownLengthIsChunkedOrEndsTheConnection() {
        let response = HTTPResponse(status: 200, body: .stream(length: nil) { _ in })
        #expect(encoder(of: response).framing == .chunked)
        #expect(encoder(of: response).isPersistent)
        let old = encoder(of: response, version: .http10)
        #expect(old.framing == .close && !old.isPersistent)
        #expect(encoder(of: HTTPResponse(status: 304, body: .stream(length: nil) { _ in })).framing == .length(nil))
        let known = HTTPResponse(status: 200, body: .stream(length: 5) { _ in })
        #expect(encoder(of: known, version: .http10).framing == .length(5))
    }

    @Test func theConnectionFieldSaysWhatHappens() {
        #expect(!head(of: HTTPResponse(status: 200)).contains("Connection"))
        #expect(head(of: HTTPResponse(status: 200, fields: ["Connection": "Close"])).contains("Connection: close\r\n"))
        let old = encoder(of: HTTPResponse(status: 200), version: .http10).head(date: date)
        #expect(String(decoding: old, as: UTF8.self).contains("Connection: keep-alive\r\n"))
    }

    @Test(arguments: [0, 100, 101, 199, 600, 9999, -1])
    func aStatusThatIsNoAnswerBecomesAnError(code: Int) {
        #expect(encoder(of: HTTPResponse(status: HTTPStatus(code))).status == 500)
    }

    private func encoder(
        of response: HTTPResponse, method: HTTPMethod = .get, version: HTTPVersion = .http11
    ) -> ResponseEncoder {
        let head = RequestHead(
            request: HTTPRequest(method: method, path: "/"), version: version, framing: .none, isPersistent: true,
            expectsContinue: false)
        return ResponseEncoder(response, to: head, mayPersist: true)
    }

    private func head(of response: HTTPResponse) -> String {
        String(decoding: encoder(of: response).head(date: date), as: UTF8.self)
    }
}

struct RateBudgetTests {
    @Test func standstillAndSlownessBothEndIt() {
        var limits = HTTPServerLimits()
        limits.progressTime = .seconds(60)
        limits.rateGrace = .seconds(10)
        limits.minimumRate = 100
        var budget = RateBudget(limits)
        #expect(budget.allowance == 10_000)
        budget.move(100 * 100)
        #expect(budget.allowance == 60_000)
        budget.wait(105_000)
        #expect(budget.allowance == 5000)
        budget.wait(6000)
        #expect(budget.allowance < 0)
        budget.move(1000)
        #expect(budget.allowance == 9000)
    }
}
