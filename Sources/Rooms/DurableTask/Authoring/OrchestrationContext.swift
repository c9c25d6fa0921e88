// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
public import FoundationEssentials
public import Telemetry

/// The only thing an orchestrator may ask and await, beside its own `async let` and task groups.
public struct OrchestrationContext: Sendable {
    private let core: ReplayCore

    init(_ core: ReplayCore) { self.core = core }

    /// The instance's id.
    public var instanceID: String { core.instanceID }

    /// The orchestration's clock: the time at which the current episode began, the same in every replay.
    public var now: Date { core.now }

    /// Whether the code runs to catch up with its history.
    public var isReplaying: Bool { core.isReplaying }

    /// An id that is unique and the same in every replay.
    public func newUUID() -> UUID {
        let name = "\(core.instanceID)\u{0}\(core.executionID)\u{0}\(core.takeUUIDNumber())"
        var bytes = Array(Digest.sha1.of(Array(name.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x50
        bytes[8] = bytes[8] & 0x3f | 0x80
        return unsafe bytes.withUnsafeBytes { UUID(uuid: unsafe $0.loadUnaligned(as: uuid_t.self)) }
    }

    /// Says something about the instance that its status shows until something else is said.
    ///
    /// - Throws: ``TaskFailure`` when the value cannot be written as JSON.
    public func setCustomStatus(_ status: some Encodable) throws {
        core.setCustomStatus(try Payload.encode(status))
    }

    /// Writes a log line once, not again in replays.
    public func log(
        _ level: LogLevel, _ message: String, _ values: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        if core.isHeard { core.log(level, message, values()) }
    }

    /// Waits.
    ///
    /// The wait survives restarts. A cancelled task stops waiting.
    ///
    /// - Throws: `CancellationError`.
    public func sleep(for duration: Duration) async throws {
        try await sleep(until: now.adding(duration))
    }

    /// Waits until a time, which may have passed.
    ///
    /// - Throws: `CancellationError`.
    public func sleep(until time: Date) async throws {
        let time = Date(millisecondsSince1970: time.millisecondsSince1970)
        try await core.answer(to: try await core.ask(.createTimer(fireAt: time)))
    }

    /// Runs an activity and waits for its result.
    ///
    /// - Parameter retry: When to try again; without a policy the first failure is final.
    /// - Throws: ``TaskFailure`` of the last attempt; `CancellationError` when the waiting task is cancelled, while
    ///   the activity itself may still run and its result is dropped.
    public func call<Work: Activity>(
        _ activity: Work.Type, _ input: Work.Input, retry: RetryPolicy? = nil
    ) async throws -> Work.Output {
        try await call(activity: Work.name, input, as: Work.Output.self, retry: retry)
    }

    /// Runs an activity that is known by its name alone.
    ///
    /// - Throws: as ``call(_:_:retry:)``.
    public func call<Output: Decodable>(
        activity name: String, _ input: some Encodable, as output: Output.Type, retry: RetryPolicy? = nil
    ) async throws -> Output {
        let input = try Payload.encode(input)
        let result = try await attempts(name, input, retry)
        return try Payload.decode(output, from: result, what: "the output of activity \"\(name)\"")
    }

    private func attempts(_ name: String, _ input: String, _ retry: RetryPolicy?) async throws -> String? {
        let begin = now
        var firstTaskID: Int?
        var attempt = 1
        while true {
            let call = TaskCall(name: name, input: input, attempt: attempt, firstTaskID: firstTaskID)
            let id = try await core.ask(.scheduleTask(call))
            firstTaskID = firstTaskID ?? id
            do {
                return try await core.answer(to: id)
            } catch let failure as TaskFailure {
                let elapsed = Duration.milliseconds(now.millisecondsSince1970 - begin.millisecondsSince1970)
                guard let delay = retry?.delay(after: attempt, failure: failure, elapsed: elapsed) else {
                    throw failure
                }
                try await sleep(for: delay)
                attempt += 1
            }
        }
    }
}
