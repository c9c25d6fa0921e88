// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Telemetry

/// A step with side effects: it reads files, calls services, asks the clock.
///
/// An activity is a value that holds what it depends on. It runs at least once: after a crash it runs again unless
/// its result was already stored, so effects that must not happen twice carry the context's idempotency key.
///
///     struct Resize: Activity {
///         static let name = "resize"
///         let workers: ImageWorkers
///         func run(_ context: ActivityContext, _ picture: Picture) async throws -> [Rendition] { … }
///     }
public protocol Activity: Sendable {
    /// What the activity takes; a small value, never the bytes of a file.
    associatedtype Input: Codable & Sendable
    /// What the activity answers; a small value, never the bytes of a file.
    associatedtype Output: Codable & Sendable

    /// The name that history records; it must not change while instances run. Case does not count.
    static var name: String { get }

    /// Does the work.
    ///
    /// The task is cancelled when its lease is lost or the worker's drain time is over; stop then.
    ///
    /// - Throws: any error; the orchestrator receives it as a ``TaskFailure``. An error that knows more about itself
    ///   conforms to ``TaskFailureConvertible``.
    func run(_ context: ActivityContext, _ input: Input) async throws -> Output
}

/// What an activity may know about its own run.
public struct ActivityContext: Sendable {
    /// The orchestration that asked for the work.
    public let instanceID: String
    /// The number of the action that asked for it, unique within the instance.
    public let taskID: Int
    /// Which attempt of a retry policy it is, counted from 1.
    public let attempt: Int
    /// The same text for every attempt and redelivery of one call: `<instance id>:<id of the first attempt>`.
    ///
    /// Hand it to whatever can recognise a repeated request.
    public let idempotencyKey: String
    /// The worker's log.
    public let log: Log

    /// A context for calling an activity by hand, as tests do.
    public init(
        instanceID: String, taskID: Int = 0, attempt: Int = 1, firstTaskID: Int? = nil, log: Log = .silent
    ) {
        self.instanceID = instanceID
        self.taskID = taskID
        self.attempt = attempt
        idempotencyKey = "\(instanceID):\(firstTaskID ?? taskID)"
        self.log = log
    }
}
