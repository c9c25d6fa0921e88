// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import FoundationEssentials

/// Something that took time, as part of a trace; a value that is made when it has ended.
public struct TraceSpan: Sendable, Equatable {
    /// What it is for those around it.
    public enum Kind: Int, Sendable {
        /// Nobody outside took part.
        case `internal` = 1
        /// The answer to somebody's call.
        case server = 2
        /// A call of somebody else.
        case client = 3
        /// A message to somebody else, without waiting for an answer.
        case producer = 4
        /// The handling of a message.
        case consumer = 5
    }

    /// How it ended.
    public enum Status: Sendable, Equatable {
        /// Nothing went wrong.
        case unset
        /// It failed, for this reason.
        case error(String)
    }

    /// A value beside a span.
    public enum Attribute: Sendable, Equatable {
        /// A text.
        case text(String)
        /// A number.
        case number(Int)
    }

    /// What happened, with few distinct values: `activity:Resize`.
    public var name: String
    /// The trace and its own id.
    public var context: TraceContext
    /// The span that it is part of; nil for the root of a trace.
    public var parent: SpanID?
    /// What it is for those around it.
    public var kind: Kind
    /// When it began.
    public var start: Date
    /// When it ended.
    public var end: Date
    /// What else is known of it, by the names of OpenTelemetry.
    public var attributes: [String: Attribute]
    /// How it ended.
    public var status: Status

    /// The root of a trace that has ended, and of which no more is known.
    public init(_ name: String, _ kind: Kind, context: TraceContext, from start: Date, to end: Date) {
        self.name = name
        self.context = context
        self.kind = kind
        self.start = start
        // A clock that was set back must not make it end before it began.
        self.end = max(start, end)
        attributes = [:]
        status = .unset
    }
}

/// Where spans go that have ended.
///
/// The program's composition chooses; libraries take an optional one, and make no spans without it.
public struct SpanSink: Sendable {
    private let write: @Sendable (TraceSpan) -> Void

    /// A sink that hands every span to `write`, which must not block.
    public init(_ write: @escaping @Sendable (TraceSpan) -> Void) { self.write = write }

    /// Takes a span.
    public func callAsFunction(_ span: TraceSpan) { write(span) }
}

/// Keeps spans in memory, for tests.
public final class SpanRecorder: Sendable {
    private let recorded = Lock<[TraceSpan]>([])

    /// A recorder with no spans.
    public init() {}

    /// What records here.
    public var sink: SpanSink { SpanSink { [self] span in recorded.withLock { $0.append(span) } } }

    /// The spans so far, in the order in which they were handed over.
    public var spans: [TraceSpan] { recorded.withLock { $0 } }
}
