// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where in a trace something happens: what W3C Trace Context hands from program to program.
///
/// Whoever works under a context makes a span of its own with the same trace id, and the context's span as its parent.
public struct TraceContext: Sendable, Hashable {
    /// The context of whatever the task does now; nil when nobody said.
    ///
    /// Activities run under theirs, so that what they start belongs to the same trace.
    @TaskLocal public static var current: TraceContext?

    /// The trace.
    public var traceID: TraceID
    /// The span that is the parent of what happens next.
    public var spanID: SpanID
    /// What tracing systems hand on for themselves; nil for nothing.
    public private(set) var state: String?
    private var flags: UInt8

    private static let sampled: UInt8 = 1
    /// The flags that have a meaning: sampled, and that the trace id is random.
    private static let knownFlags: UInt8 = 3

    /// Whether somebody records the trace.
    public var isSampled: Bool { flags & Self.sampled != 0 }

    /// A context with its parts, without a state.
    public init(traceID: TraceID, spanID: SpanID, isSampled: Bool = true) {
        self.traceID = traceID
        self.spanID = spanID
        flags = isSampled ? Self.sampled : 0
    }

    /// The context for what happens under another span of the same trace.
    public func with(spanID: SpanID) -> TraceContext {
        var context = self
        context.spanID = spanID
        return context
    }
}

// Text.
extension TraceContext {
    private static let dash = UInt8(ascii: "-")
    /// How long the text of version 00 is; later versions may append to it.
    private static let length = 55

    /// Reads the headers `traceparent` and `tracestate`, which strangers may have written.
    ///
    /// - Returns: nil when `traceparent` is not valid. A `tracestate` that is not is left out.
    public init?(traceparent: String, tracestate: String? = nil) {
        guard traceparent.utf8.count <= 256 else { return nil }
        let text = Array(traceparent.utf8)
        guard text.count >= Self.length, text[2] == Self.dash, text[35] == Self.dash, text[52] == Self.dash,
            let version = number(text[0..<2]), version != 0xff,
            text.count == Self.length || version > 0 && text[Self.length] == Self.dash,
            let high = number(text[3..<19]), let low = number(text[19..<35]), let span = number(text[36..<52]),
            let flags = number(text[53..<55]), (high, low) != (0, 0), span != 0
        else { return nil }
        self.init(traceID: TraceID(high: high, low: low), spanID: SpanID(span))
        self.flags = UInt8(flags) & Self.knownFlags
        state = tracestate.flatMap { Self.isState($0) ? $0 : nil }
    }

    /// The header `traceparent`.
    public var traceparent: String { "00-\(traceID)-\(spanID)-0\(flags)" }

    /// At most 512 bytes of at most 32 members, as the specification wants them passed on.
    private static func isState(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 512 && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
            && text.utf8.count { $0 == UInt8(ascii: ",") } < 32
    }
}

extension TraceContext: Codable {
    private enum Key: String, CodingKey {
        case traceparent
        case tracestate
    }

    /// Reads the two headers from an object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let parent = try container.decode(String.self, forKey: .traceparent)
        let state = try container.decodeIfPresent(String.self, forKey: .tracestate)
        guard let context = TraceContext(traceparent: parent, tracestate: state) else {
            throw DecodingError.dataCorruptedError(
                forKey: .traceparent, in: container, debugDescription: "not a trace context")
        }
        self = context
    }

    /// Writes the two headers as an object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(traceparent, forKey: .traceparent)
        try container.encodeIfPresent(state, forKey: .tracestate)
    }
}

/// A trace: 16 bytes, not all of them zero.
public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// A trace of two halves; 1 if both are zero.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = high | low == 0 ? 1 : low
    }

    /// 32 lower-case hexadecimal digits.
    public var description: String { text(high) + text(low) }
}

/// A span: 8 bytes, not all of them zero.
public struct SpanID: Sendable, Hashable, CustomStringConvertible {
    private let bits: UInt64

    /// A span of 64 bits; 1 if they are zero.
    public init(_ bits: UInt64) { self.bits = bits == 0 ? 1 : bits }

    /// 16 lower-case hexadecimal digits.
    public var description: String { text(bits) }
}

private func text(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// The number of up to 16 hexadecimal digits, which must be lower-case; nil for any other text.
private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return number
}
