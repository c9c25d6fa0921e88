// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Telemetry

extension ExecutionKey {
    /// The span of the run: the same in every process and after every restart.
    ///
    /// - Parameter parent: What the run is part of; nil when it is the root of a trace, which then follows from the
    ///   run, too.
    package func span(under parent: TraceContext?) -> TraceContext {
        let digest = digest()
        let span = SpanID(number(digest[16..<24]))
        if let parent { return parent.with(spanID: span) }
        return TraceContext(traceID: TraceID(high: number(digest[0..<8]), low: number(digest[8..<16])), spanID: span)
    }

    /// The span of something that the run asked for.
    ///
    /// - Parameter detail: What tells it from everything else that the run asked for.
    func span(of detail: String, under parent: TraceContext) -> TraceContext {
        parent.with(spanID: SpanID(number(digest(detail)[16..<24])))
    }

    private func digest(_ detail: String = "") -> [UInt8] {
        Digest.sha256.of(Array("\(instanceID)\n\(executionID)\n\(detail)".utf8))
    }
}

/// The number that eight bytes are, the highest first.
private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
