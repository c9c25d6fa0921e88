// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Telemetry

/// What an activity may know about its own run, and what it may say about it.
public struct ActivityContext: Sendable {
    /// The orchestration that asked for the work.
    public let instanceID: String
    /// The number of the action that asked for it, unique within the instance.
    public let taskID: Int
    /// Which attempt of a retry policy it is, counted from 1.
    public let attempt: Int
    /// The same text for every attempt and redelivery of one call: `<instance id>:<run>:<id of the first attempt>`.
    ///
    /// A rewound instance keeps its keys; one that continues as new or is restarted has others. Hand it to whatever can
    /// recognise a repeated request.
    public var idempotencyKey: String {
        // Made up when it is asked for: its digest costs more than many an activity.
        executionID.isEmpty
            ? "\(instanceID):\(firstTaskID)" : "\(instanceID):\(ExecutionKey.mark(of: executionID)):\(firstTaskID)"
    }
    /// The worker's log.
    public let log: Log
    /// The span that whatever the activity asks of others is part of; nil when nobody traces it.
    ///
    /// The activity's task has it as ``/Telemetry/TraceContext/current``, so that starts of orchestrations take it.
    public let traceContext: TraceContext?
    private let firstTaskID: Int
    /// The run that the first of its rewindings began with; empty when the activity is called by hand.
    private let executionID: String
    private let progress: String?
    private let line: Line?

    /// The way to the worker that runs the activity.
    struct Line: Sendable {
        let beat: @Sendable (RunningActivities.Progress?) -> Void
        let cancellation: @Sendable () -> ActivityCancellation?
    }

    /// A context for calling an activity by hand, as tests do.
    public init(
        instanceID: String, taskID: Int = 0, attempt: Int = 1, firstTaskID: Int? = nil, log: Log = .silent
    ) {
        self.instanceID = instanceID
        self.taskID = taskID
        self.attempt = attempt
        self.firstTaskID = firstTaskID ?? taskID
        executionID = ""
        self.log = log
        traceContext = .current
        progress = nil
        line = nil
    }

    init(_ run: ActivityRun, _ line: Line, _ log: Log) {
        let item = run.item
        instanceID = item.instanceID
        taskID = item.taskID
        attempt = item.call.attempt
        firstTaskID = item.call.firstTaskID ?? item.taskID
        executionID = Rewinding.root(of: item.executionID)
        self.log = log
        traceContext = run.traceContext
        progress = item.progress ?? item.call.lastProgress
        self.line = line
    }

    /// Why the activity is asked to stop; nil while it is not.
    ///
    /// The task is cancelled along with it, so that what the activity awaits ends early; code that awaits nothing asks
    /// `Task.isCancelled` now and then.
    public var cancellation: ActivityCancellation? { line?.cancellation() }

    /// Says that the run makes progress, and what the next one would have to know to go on from here.
    ///
    /// Call it as often as is convenient: the worker sends the first value at once and then the latest every
    /// ``WorkerConfiguration/progressInterval``; what it has sent is stored. It is what operators see, and what
    /// ``lastProgress(as:)`` gives when the activity is handed out or tried again, whatever became of this run.
    public func heartbeat(_ progress: some Encodable & Sendable) {
        line?.beat { [log, idempotencyKey] in
            do {
                return try Payload.encode(progress)
            } catch {
                log(.warning, "a heartbeat was left out", ["activity": idempotencyKey, "error": "\(error)"])
                return nil
            }
        }
    }

    /// Says that the run is alive.
    public func heartbeat() { line?.beat(nil) }

    /// What the run before this one said last; nil when this is the first, or it said nothing.
    ///
    /// - Throws: ``TaskFailure`` when it is of another shape.
    public func lastProgress<Progress: Decodable>(as type: Progress.Type) throws -> Progress? {
        guard let progress else { return nil }
        return try Payload.decode(type, from: progress, what: "the last progress of \(idempotencyKey)")
    }
}
