// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPC

@Suite struct TimeoutTextTests {
    @Test(arguments: [
        ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)), ("4m", .milliseconds(4)),
        ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("99999999S", .seconds(99_999_999)), ("0S", .zero),
    ])
    func isRead(text: String, duration: Duration) { #expect(TimeoutText.decode(text) == duration) }

    @Test(arguments: ["", "S", "1", "1s", "1.5S", "-1S", "+1S", "123456789S", " 1S", "1 S", "1Ss", "٣S"])
    func isRefused(text: String) { #expect(TimeoutText.decode(text) == nil) }

    @Test(arguments: [
        (Duration.zero, "0n"), (.nanoseconds(1), "1n"), (.milliseconds(99), "99000000n"),
        (.milliseconds(100), "100000u"), (.seconds(100), "100000m"), (.seconds(1_000_000), "1000000S"),
        (.seconds(-5), "0n"), (.seconds(1_000_000_000_000), "99999999H"),
    ])
    func isWritten(duration: Duration, text: String) { #expect(TimeoutText.encode(duration) == text) }
}

@Suite struct StatusMessageTests {
    @Test(arguments: [
        ("", ""), ("plain text", "plain text"), ("100 %", "100 %25"), ("a\nb", "a%0Ab"), ("é", "%C3%A9"),
        ("🙂", "%F0%9F%99%82"), ("~", "~"), ("\u{7f}", "%7F"),
    ])
    func goesOverAndComesBack(message: String, text: String) {
        #expect(StatusMessage.encode(message) == text)
        #expect(StatusMessage.decode(text) == message)
    }

    @Test func longMessagesAreCut() {
        let message = String(repeating: "🙂", count: 10_000)
        let text = StatusMessage.encode(message)
        #expect((4096..<4120).contains(text.utf8.count))
        #expect(message.hasPrefix(StatusMessage.decode(text)))
    }

    @Test(arguments: [("%", "%"), ("%2", "%2"), ("%zz", "%zz"), ("a%c3%a9", "aé"), ("%ff", "\u{fffd}")])
    func whatIsNoEscapeStands(text: String, message: String) { #expect(StatusMessage.decode(text) == message) }
}

@Suite struct RequestHeadTests {
    private func fields(_ change: [String: String?] = [:]) -> [HTTP2Field] {
        let usual: [String: String?] = [
            ":method": "POST", ":path": "/a.B/C", "content-type": "application/grpc", "te": "trailers",
            "grpc-timeout": "1S", "x-own": "value",
        ]
        return usual.merging(change) { $1 }.compactMap { name, value in value.map { HTTP2Field(name, $0) } }
    }

    @Test func aCallIsRead() throws {
        let head = try RequestHead(fields())
        #expect(head.path == "/a.B/C")
        #expect(head.timeout == .seconds(1))
        #expect(head.metadata == ["x-own": "value"])
    }

    @Test(arguments: ["application/grpc+proto", "application/grpc;charset=x", "Application/GRPC"])
    func theEncodingOfMessagesIsTheServices(type: String) {
        #expect(throws: Never.self) { try RequestHead(fields(["content-type": type])) }
    }

    @Test(arguments: ["application/grpcweb", "application/json", "", "text/html"])
    func otherContentIsRefused(type: String) {
        #expect(throws: RequestHead.Refusal.notGRPC(status: 415)) { try RequestHead(fields(["content-type": type])) }
    }

    @Test func otherRequestsAreRefused() {
        #expect(throws: RequestHead.Refusal.notGRPC(status: 405)) { try RequestHead(fields([":method": "GET"])) }
        #expect(throws: RequestHead.Refusal.self) { try RequestHead(fields(["grpc-timeout": "soon"])) }
    }
}

@Suite struct ResponseFieldsTests {
    private func head(_ status: String, _ more: [HTTP2Field] = []) -> ResponseFields.Head {
        ResponseFields.head([HTTP2Field(":status", status)] + more)
    }

    @Test(arguments: [
        ("400", GRPCStatus.Code.internalError), ("401", .unauthenticated), ("403", .permissionDenied),
        ("404", .unimplemented), ("429", .unavailable), ("502", .unavailable), ("503", .unavailable),
        ("504", .unavailable), ("500", .unknown), ("302", .unknown),
    ])
    func aProxysAnswerBecomesAStatus(http: String, code: GRPCStatus.Code) {
        guard case .refusal(let status) = head(http, [HTTP2Field("content-type", "text/html")]) else {
            return #expect(Bool(false))
        }
        #expect(status.code == code)
    }

    @Test func headsAreTold() {
        let type = HTTP2Field("content-type", "application/grpc+proto")
        #expect(head("103") == .interim)
        #expect(head("200", [type, HTTP2Field("x-a", "1")]) == .messages(["x-a": "1"]))
        guard case .refusal(let status) = head("200", [HTTP2Field("content-type", "text/html")]) else {
            return #expect(Bool(false))
        }
        #expect(status.code == .unknown)
    }

    @Test(arguments: GRPCStatus.Code.allCases)
    func everyStatusGoesOverAndComesBack(code: GRPCStatus.Code) {
        let status = GRPCStatus(code, "Größe 100 %", trailers: ["x-more": "1"])
        #expect(ResponseFields.status(ResponseFields.trailers(status)) == status)
    }

    @Test func aStatusThatNobodyKnowsIsUnknown() {
        #expect(ResponseFields.status([HTTP2Field("grpc-status", "99")]).code == .unknown)
        #expect(ResponseFields.status([HTTP2Field("grpc-status", "ok")]).code == .unknown)
        #expect(ResponseFields.status([]).code == .unknown)
    }
}

@Suite struct GRPCMetadataTests {
    @Test func bytesGoOverAndComeBack() throws {
        var metadata = GRPCMetadata()
        metadata.add("x-data-bin", bytes: [0, 1, 254])
        metadata.add("X-Text", "text")
        #expect(metadata.allBytes("x-data-bin") == [[0, 1, 254]])
        #expect(metadata["x-text"] == "text")
        #expect(GRPCMetadata(fields: try metadata.fields()) == metadata)
    }

    @Test func paddingMayBeMissingAndValuesJoined() {
        let metadata = GRPCMetadata(fields: [HTTP2Field("a-bin", "AA,AAE=, AAEC"), HTTP2Field("a-bin", "!!")])
        #expect(metadata.allBytes("a-bin") == [[0], [0, 1], [0, 1, 2]])
    }

    @Test(arguments: [
        ("", "v"), ("a b", "v"), ("grpc-status", "0"), (":path", "/"), ("te", "x"), ("a", "line\nbreak"), ("a", "é"),
        ("a", " edge"), ("ä", "v"), ("content-type", "x"),
    ])
    func whatCannotBeSentIsRefused(name: String, text: String) {
        var metadata = GRPCMetadata()
        metadata.add(name, text)
        #expect(throws: GRPCStatus.self) { try metadata.fields() }
    }

    @Test func tooMuchIsRefused() {
        var metadata = GRPCMetadata()
        for index in 0..<50 { metadata.add("x-\(index)", String(repeating: "y", count: 1000)) }
        #expect(throws: GRPCStatus.self) { try metadata.fields() }
    }

    @Test func theProtocolsOwnFieldsAreNoMetadata() {
        let fields = [HTTP2Field(":path", "/"), HTTP2Field("grpc-timeout", "1S"), HTTP2Field("te", "trailers")]
        #expect(GRPCMetadata(fields: fields).isEmpty)
    }
}
