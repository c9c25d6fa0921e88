// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Telemetry

/// A call of an activity.
public struct TaskCall: Sendable, Equatable, Decodable {
    /// The activity's name.
    public var name: String
    /// The version that is wanted; nil for any.
    public var version: String?
    /// The input as JSON text.
    public var input: String?
    /// What travels beside the input: the author's tags and the engine's options.
    public var tags: [String: String]?

    /// A call with its parts.
    public init(name: String, version: String? = nil, input: String?, tags: [String: String]? = nil) {
        self.name = name
        self.version = version
        self.input = input
        self.tags = tags
    }

    /// A call that is one of several attempts.
    init(name: String, input: String?, attempt: Int, firstTaskID: Int?) {
        self.init(name: name, input: input)
        if let firstTaskID, attempt > 1 { tags = [Tag.attempt: "\(attempt)", Tag.firstTask: "\(firstTaskID)"] }
    }

    /// Which attempt of a retry policy it is, from 1.
    package var attempt: Int { number(Tag.attempt) ?? 1 }

    /// The action id of the first attempt; nil when this is the first.
    package var firstTaskID: Int? { number(Tag.firstTask) }

    /// What the attempt before said about its progress, as JSON text.
    package var lastProgress: String? {
        get { tags?[Tag.progress] }
        set {
            if let newValue { tags = (tags ?? [:]).merging([Tag.progress: newValue]) { $1 } }
        }
    }

    /// Calls of a higher priority are handed out first; 0 unless said otherwise.
    package var priority: Int {
        get { number(Tag.priority) ?? 0 }
        set { set(Tag.priority, newValue == 0 ? nil : newValue) }
    }

    /// Calls of different keys are handed out in turn.
    package var fairnessKey: String {
        get { tags?[Tag.fairnessKey] ?? "" }
        set {
            if !newValue.isEmpty { tags = (tags ?? [:]).merging([Tag.fairnessKey: newValue]) { $1 } }
        }
    }

    /// How long one run may take.
    package var startToClose: Duration? {
        get { number(Tag.startToClose).map { .milliseconds($0) } }
        set { set(Tag.startToClose, newValue?.wholeMilliseconds) }
    }

    /// How long the call may wait before it runs.
    package var scheduleToStart: Duration? {
        get { number(Tag.scheduleToStart).map { .milliseconds($0) } }
        set { set(Tag.scheduleToStart, newValue?.wholeMilliseconds) }
    }

    /// How long a run may go without a heartbeat.
    package var heartbeatTimeout: Duration? {
        get { number(Tag.heartbeat).map { .milliseconds($0) } }
        set { set(Tag.heartbeat, newValue?.wholeMilliseconds) }
    }

    /// The span that the activity is part of.
    ///
    /// It stands among the tags, so that it is wherever they are: in history and in the queue.
    public var traceContext: TraceContext? {
        get {
            guard let tags, let parent = tags[Tag.traceParent] else { return nil }
            return TraceContext(traceparent: parent, tracestate: tags[Tag.traceState])
        }
        set {
            tags =
                newValue.map { context in
                    var tags = plainTags ?? [:]
                    tags[Tag.traceParent] = context.traceparent
                    tags[Tag.traceState] = context.state
                    return tags
                } ?? plainTags
        }
    }

    /// The tags without the trace context; nil when there are no others.
    package var plainTags: [String: String]? {
        guard let tags, tags[Tag.traceParent] != nil else { return tags }
        let rest = tags.filter { $0.key != Tag.traceParent && $0.key != Tag.traceState }
        return rest.isEmpty ? nil : rest
    }

    private func number(_ tag: String) -> Int? { tags?[tag].flatMap(Int.init) }

    private mutating func set(_ tag: String, _ number: Int?) {
        if let number { tags = (tags ?? [:]).merging([tag: "\(number)"]) { $1 } }
    }

    private enum Tag {
        static let attempt = "attempt"
        static let firstTask = "first"
        static let progress = "progress"
        static let priority = "priority"
        static let fairnessKey = "fairness-key"
        static let startToClose = "start-to-close-ms"
        static let scheduleToStart = "schedule-to-start-ms"
        static let heartbeat = "heartbeat-ms"
        static let traceParent = "traceparent"
        static let traceState = "tracestate"
    }
}

extension Duration {
    /// Rounded down; a duration that is longer than a number can say is as long as one can.
    package var wholeMilliseconds: Int {
        let (product, isTooLong) = Int(components.seconds).multipliedReportingOverflow(by: 1000)
        let (sum, isTooLongByLittle) = product.addingReportingOverflow(
            Int(components.attoseconds / 1_000_000_000_000_000))
        guard isTooLong || isTooLongByLittle else { return sum }
        return components.seconds < 0 ? .min : .max
    }
}

/// The start of another orchestration as a child.
public struct SubOrchestrationCall: Sendable, Equatable, Decodable {
    /// The child's id.
    public var instanceID: String
    /// The child's orchestration.
    public var name: String
    /// The version that is wanted.
    public var version: String?
    /// The input as JSON text.
    public var input: String?
    /// What the parent writes on the child.
    public var tags: [String: String]?
    /// The span that the child is part of.
    public var traceContext: TraceContext?

    /// A call with its parts.
    public init(
        instanceID: String, name: String, version: String? = nil, input: String?, tags: [String: String]? = nil
    ) {
        self.instanceID = instanceID
        self.name = name
        self.version = version
        self.input = input
        self.tags = tags
    }
}

/// An event for another instance.
public struct SentEvent: Sendable, Equatable, Decodable {
    /// Who is to hear it.
    public var instanceID: String
    /// The event's name; case does not count.
    public var name: String
    /// The value as JSON text.
    public var input: String?

    /// An event with its parts.
    public init(instanceID: String, name: String, input: String?) {
        self.instanceID = instanceID
        self.name = name
        self.input = input
    }
}
