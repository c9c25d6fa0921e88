// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Crypto
public import FoundationEssentials
public import Telemetry

/// The only thing an orchestrator may ask and await, beside its own `async let` and task groups.
public struct OrchestrationContext: Sendable {
    let core: ReplayCore

    init(_ core: ReplayCore) { self.core = core }

    /// The instance's id.
    public var instanceID: String { core.instanceID }

    /// The version that the instance was started with.
    public var version: String? { core.start?.version }

    /// The orchestration that waits for this one; nil when it was started by a client.
    public var parent: ParentInstance? { core.start?.parent }

    /// What the starter wrote on the instance.
    public var tags: [String: String] { core.start?.tags ?? [:] }

    /// The orchestration's clock: the time at which the current episode began, the same in every replay.
    public var now: Date { core.now }

    /// Whether the code runs to catch up with its history.
    public var isReplaying: Bool { core.isReplaying }

    /// An id that is unique and the same in every replay.
    public func newUUID() -> UUID {
        let name = "\(core.seed)\u{0}\(core.takeUUIDNumber())"
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
        try await core.answer(to: try await core.ask { _ in .createTimer(fireAt: time) })
    }

    /// Whether the history has grown so long that the instance had better continue as new soon.
    ///
    /// The same in every replay; it turns true after about a thousand events.
    public var continueAsNewSuggested: Bool { core.historyLength >= 1_000 }

    /// What to throw to begin anew with another input, an empty history, and all the events that nobody consumed yet.
    ///
    /// What was asked for before is still done, but nobody hears the answers any more. An instance that is to run for
    /// ever goes on this way, so that its history does not grow for ever.
    ///
    ///     throw context.continueAsNew(Month(after: month))
    ///
    /// - Parameter version: The version of the next run; nil leaves it as it is.
    public func continueAsNew(_ input: some Encodable, version: String? = nil) -> ContinueAsNew {
        ContinueAsNew(input: Result { try Payload.encode(input) }, version: version)
    }
}
