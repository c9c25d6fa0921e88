// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Telemetry

/// A span as one line of OTLP's JSON, as OpenTelemetry's collector writes and reads files.
struct SpanText: Encodable {
    private let resourceSpans: [ResourceSpans]

    init(_ span: TraceSpan) {
        resourceSpans = [
            ResourceSpans(
                resource: Resource(attributes: [Attribute(key: "service.name", value: .init(stringValue: "darkroom"))]),
                scopeSpans: [ScopeSpans(scope: Scope(name: "durabletask"), spans: [Line(span)])])
        ]
    }

    /// The line, with its end.
    func line() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) + [UInt8(ascii: "\n")] }

    private struct ResourceSpans: Encodable {
        var resource: Resource
        var scopeSpans: [ScopeSpans]
    }

    private struct Resource: Encodable { var attributes: [Attribute] }

    private struct ScopeSpans: Encodable {
        var scope: Scope
        var spans: [Line]
    }

    private struct Scope: Encodable { var name: String }

    private struct Attribute: Encodable {
        var key: String
        var value: AttributeValue
    }

    fileprivate struct AttributeValue: Encodable {
        var stringValue: String?
        /// OTLP's JSON has 64-bit numbers as text.
        var intValue: String?
    }

    private struct Status: Encodable {
        var code: Int?
        var message: String?
    }

    private struct Line: Encodable {
        var traceId: String
        var spanId: String
        var parentSpanId: String?
        var traceState: String?
        var name: String
        var kind: Int
        var startTimeUnixNano: String
        var endTimeUnixNano: String
        var attributes: [Attribute]
        var status = Status()

        init(_ span: TraceSpan) {
            traceId = "\(span.context.traceID)"
            spanId = "\(span.context.spanID)"
            parentSpanId = span.parent?.description
            traceState = span.context.state
            name = span.name
            kind = span.kind.rawValue
            startTimeUnixNano = span.start.nanosecondsSince1970
            endTimeUnixNano = span.end.nanosecondsSince1970
            attributes = span.attributes.sorted { $0.key < $1.key }.map { Attribute(key: $0.key, value: $0.value.otlp) }
            if case .error(let message) = span.status { status = Status(code: 2, message: message) }
        }
    }
}

extension TraceSpan.Attribute {
    fileprivate var otlp: SpanText.AttributeValue {
        switch self {
        case .text(let text): .init(stringValue: text)
        case .number(let number): .init(intValue: "\(number)")
        }
    }
}

extension Date {
    /// To the microsecond, as precise as a date of our days is.
    fileprivate var nanosecondsSince1970: String { "\(Int64((timeIntervalSince1970 * 1e6).rounded()))000" }
}
