// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Telemetry
import Testing

struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "00f067aa0ba902b7"

    @Test(arguments: ["00", "01", "02", "03"])
    func aContextIsReadAndWrittenAsItCame(flags: String) throws {
        let text = "00-\(Self.trace)-\(Self.span)-\(flags)"
        let context = try #require(TraceContext(traceparent: text, tracestate: "vendor=1,other=2"))
        #expect("\(context.traceID)" == Self.trace)
        #expect("\(context.spanID)" == Self.span)
        #expect(context.isSampled == ["01", "03"].contains(flags))
        #expect(context.state == "vendor=1,other=2")
        #expect(context.traceparent == text)
    }

    @Test func laterVersionsAreReadAsFarAsTheyAreKnown() throws {
        let context = try #require(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-ff-what-may-come"))
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-03")
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-0", "00-\(trace)-\(span)-01-more",
        "00-\(trace)-\(span)-01 ", " 00-\(trace)-\(span)-01", "ff-\(trace)-\(span)-01", "0-0\(trace)-\(span)-01",
        "00-\(trace.uppercased())-\(span)-01", "00-00000000000000000000000000000000-\(span)-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace)-\(span)-0x", "00_\(trace)-\(span)-01",
        "00-\(trace)-00f067aa0ba902é-01", "cc-\(trace)-\(span)-01x",
        "cc-\(trace)-\(span)-01-" + String(repeating: "x", count: 1_000_000),
    ])
    func whatIsNotAContextIsRefused(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test(arguments: [
        "", String(repeating: "a", count: 513), "key=\u{7f}", "key=é", "a=1\r\nb: 2",
        String(repeating: "a=1,", count: 32) + "b=2",
    ])
    func aStateThatNobodyMayPassOnIsLeftOut(state: String) throws {
        let context = try #require(
            TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: state))
        #expect(context.state == nil)
    }

    @Test func aSpanUnderAContextKeepsItsTrace() throws {
        let context = try #require(
            TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: "vendor=1"))
        let below = context.with(spanID: SpanID(0xab))
        #expect(below.traceparent == "00-\(Self.trace)-00000000000000ab-01")
        #expect(below.state == "vendor=1")
    }

    @Test func noIDIsZero() {
        #expect("\(SpanID(0))" == "0000000000000001")
        #expect("\(TraceID(high: 0, low: 0))" == "00000000000000000000000000000001")
    }

    @Test func aTaskHasTheContextItWasGiven() async {
        let context = TraceContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3))
        #expect(TraceContext.current == nil)
        await TraceContext.$current.withValue(context) {
            async let inside = TraceContext.current
            #expect(await inside == context)
        }
    }
}
