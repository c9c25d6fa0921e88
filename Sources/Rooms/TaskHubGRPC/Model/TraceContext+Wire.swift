// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Telemetry

extension TraceContext {
    /// A context as it came; nil when there is none, or it is not valid.
    init?(_ context: Wire.TraceContext?) {
        guard let context else { return nil }
        self.init(traceparent: context.traceParent, tracestate: context.traceState)
    }
}

extension Wire.TraceContext {
    init(_ context: TraceContext) {
        traceParent = context.traceparent
        spanID = "\(context.spanID)"
        traceState = context.state
    }
}

extension Wire.OrchestrationTraceContext {
    /// The span of a run that is part of a trace, so that a worker gives it one id in all episodes.
    init?(_ run: ExecutionKey, _ events: some Sequence<HistoryEvent>) {
        for event in events {
            guard case .executionStarted(let start) = event.kind else { continue }
            guard let context = start.traceContext else { return nil }
            spanID = "\(run.span(under: context).spanID)"
            spanStartTime = event.timestamp
            return
        }
        return nil
    }
}
