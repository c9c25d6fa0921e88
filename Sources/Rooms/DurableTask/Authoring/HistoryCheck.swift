// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Telemetry

/// Replays stored histories with the orchestrations of a registry, to find out before they are deployed which
/// instances a changed orchestrator could not continue.
///
///     let check = HistoryCheck(registry)
///     for history in histories {
///         if let difference = try check.difference(in: history) { print(difference) }
///     }
///
/// Nothing is run but orchestrators, and nothing that they ask for is done. Work that escapes the engine is found
/// only when it does so at once.
public struct HistoryCheck: Sendable {
    private let registry: TaskRegistry

    /// A check of the orchestrations of a registry.
    public init(_ registry: TaskRegistry) { self.registry = registry }

    /// Replays a history that a hub gave out as the JSON text of an array of events.
    ///
    /// - Returns: why the instance could not go on; nil when it could.
    /// - Throws: ``TaskHubError`` `corrupt` when the text is no history that this version knows.
    public func difference(in text: String) throws -> HistoryDifference? {
        difference(in: try HistoryText.decode(text))
    }

    /// Replays a history.
    ///
    /// - Returns: why the instance could not go on; nil when it could.
    public func difference(in history: [HistoryEvent]) -> HistoryDifference? {
        guard let start = history.start else {
            return HistoryDifference(instanceID: "", orchestration: "", failure: .noBeginning)
        }
        let key = ExecutionKey(instanceID: start.instanceID, executionID: start.executionID)
        let orchestrator = Orchestrator(key, registry: registry, log: .silent)
        defer { orchestrator.close() }
        orchestrator.replay(history)
        if history.end?.status != .failed { orchestrator.checkLastEpisode(hasEnded: history.end != nil) }
        guard let failure = orchestrator.advance([]).completion?.failure, failure.isOfReplay,
            failure.type != history.end?.failure?.type
        else { return nil }
        return HistoryDifference(instanceID: start.instanceID, orchestration: start.name, failure: failure)
    }
}

/// Why an orchestrator cannot continue an instance.
public struct HistoryDifference: Sendable, Equatable, CustomStringConvertible {
    /// The instance.
    public var instanceID: String
    /// Its orchestration.
    public var orchestration: String
    /// The failure with which the instance would end.
    public var failure: TaskFailure

    /// The first action at which history and orchestrator part; nil when they part elsewhere.
    public var action: Int? { failure.details[TaskFailure.Detail.action].flatMap { Int($0) } }

    /// What history records there.
    public var expected: String? { failure.details[TaskFailure.Detail.expected] }

    /// What the orchestrator does instead.
    public var found: String? { failure.details[TaskFailure.Detail.found] }

    /// The instance and the difference in one line.
    public var description: String { "\(orchestration) \"\(instanceID)\": \(failure)" }
}

extension TaskFailure {
    /// The details of a failure of type `NonDeterminism`.
    enum Detail {
        static let action = "action"
        static let expected = "expected"
        static let found = "found"
    }

    fileprivate static let noBeginning = TaskFailure(
        type: EngineType.nonDeterminism, message: "the history has no beginning", isRetriable: false)

    /// Whether the engine, not the orchestrator, failed the instance.
    fileprivate var isOfReplay: Bool {
        [EngineType.nonDeterminism, EngineType.escapedWork, EngineType.orchestrationNotFound].contains(type)
    }
}

extension [HistoryEvent] {
    fileprivate var end: Completion? {
        for case .executionCompleted(let end) in lazy.map(\.kind) { return end }
        return nil
    }
}
