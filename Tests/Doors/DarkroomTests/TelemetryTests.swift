// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTP
import Telemetry
import Testing

@testable import Darkroom

/// How measurements and spans leave the server.
struct TelemetryTests {
    private final class NoBody: HTTPRequestBody {
        let length: Int64? = 0
        func read(upTo limit: Int) async throws -> [UInt8] { [] }
    }

    private var registry: MetricRegistry {
        let registry = MetricRegistry()
        let ends = registry.recorder(
            MetricDescription(
                .counter, "task.ends", unit: "{task}", labels: ["task.name", "status"], "Ends\nof \"tasks\"."))
        ends.record(2, "say \"hi\"\n\\o/", "Completed")
        let durations = registry.recorder(
            MetricDescription(.histogram(bounds: [0.5, 1]), "task.duration", unit: "s", "Durations."))
        for seconds in [0.25, 0.75, 4] { durations.record(seconds) }
        registry.gauge(MetricDescription(.gauge, "queue.depth", unit: "{task}", "Depth.")) { [MetricPoint(7)] }
        registry.gauge(MetricDescription(.gauge, "unknown", unit: "{task}", "Nobody is there.")) { [] }
        return registry
    }

    @Test func metricsAreTextThatPrometheusReads() async throws {
        let response = try await MetricsResponder(registry: registry).respond(
            to: HTTPRequest(method: .get, path: "/metrics"), body: NoBody())
        guard case .bytes(let bytes) = response.body else { throw SettingsError("no body") }
        #expect(response.fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            String(decoding: bytes, as: UTF8.self) == #"""
                # HELP queue_depth Depth.
                # TYPE queue_depth gauge
                queue_depth 7
                # HELP task_duration_seconds Durations.
                # TYPE task_duration_seconds histogram
                task_duration_seconds_bucket{le="0.5"} 1
                task_duration_seconds_bucket{le="1.0"} 2
                task_duration_seconds_bucket{le="+Inf"} 3
                task_duration_seconds_sum 5
                task_duration_seconds_count 3
                # HELP task_ends_total Ends\nof "tasks".
                # TYPE task_ends_total counter
                task_ends_total{task_name="say \"hi\"\n\\o/",status="Completed"} 2

                """#)
    }

    @Test(arguments: [(HTTPMethod.get, "/", 404), (.post, "/metrics", 405), (.head, "/metrics", 200)])
    func nothingElseIsAnswered(method: HTTPMethod, path: String, status: Int) async throws {
        let response = try await MetricsResponder(registry: registry).respond(
            to: HTTPRequest(method: method, path: path), body: NoBody())
        #expect(response.status.code == status)
    }

    @Test func aSpanIsALineOfOTLP() throws {
        let context = try #require(
            TraceContext(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01", tracestate: "vendor=1"))
        let start = Date(timeIntervalSince1970: 1_750_000_000.25)
        var span = TraceSpan("activity:Resize", .server, context: context, from: start, to: start + 1)
        span.parent = SpanID(0xab)
        span.attributes = ["b": .number(7), "a": .text("é\n")]
        span.status = .error("no")
        let line = String(decoding: try SpanText(span).line(), as: UTF8.self)
        #expect(line.hasSuffix("}\n") && line.dropLast().allSatisfy { $0 != "\n" })
        #expect(line.contains(#""traceId":"0af7651916cd43dd8448eb211c80319c""#))
        #expect(line.contains(#""spanId":"00f067aa0ba902b7""#))
        #expect(line.contains(#""parentSpanId":"00000000000000ab""#))
        #expect(line.contains(#""startTimeUnixNano":"1750000000250000000""#))
        #expect(line.contains(#""endTimeUnixNano":"1750000001250000000""#))
        let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        let written = try #require(decoded.resourceSpans.first?.scopeSpans.first?.spans.first)
        #expect(written.kind == 2)
        #expect(written.attributes.map(\.key) == ["a", "b"])
        #expect(written.attributes.map(\.value) == [["stringValue": "é\n"], ["intValue": "7"]])
        #expect(written.status.code == 2)
    }

    @Test func spansAreAppendedToTheirFile() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "spans-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let context = TraceContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3))
        for round in 1...2 {
            let file = try SpanFile(path: path, log: .silent)
            let sink = file.sink
            for _ in 0..<100 { sink(TraceSpan("a", .internal, context: context, from: .now, to: .now)) }
            file.close()
            let text = try #require(FileManager.default.contents(atPath: path))
            #expect(text.count { $0 == UInt8(ascii: "\n") } == 100 * round)
        }
    }

    @Test func aFileThatCannotBeOpenedIsASettingThatIsWrong() {
        #expect(throws: SettingsError.self) { try SpanFile(path: "/nowhere/at/all", log: .silent) }
    }

    private struct Line: Decodable {
        var resourceSpans: [ResourceSpans]

        struct ResourceSpans: Decodable { var scopeSpans: [ScopeSpans] }
        struct ScopeSpans: Decodable { var spans: [Span] }
        struct Span: Decodable {
            var kind: Int
            var attributes: [Attribute]
            var status: Status
        }
        struct Attribute: Decodable {
            var key: String
            var value: [String: String]
        }
        struct Status: Decodable { var code: Int }
    }
}
