// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Makes, changes and shows the schedules of a hub.
///
/// A worker whose registry has them (``TaskRegistry/addSchedules()``) must run: changes are done when the worker has
/// made them, and wait for it. They are carried by short instances that are deleted afterwards.
public struct ScheduleClient: Sendable {
    private let hub: any TaskHubClient

    /// The schedules of a hub.
    public init(_ hub: any TaskHubClient) { self.hub = hub }

    /// Makes a schedule; one that has the id already is replaced and becomes active.
    ///
    /// - Throws: ``InvalidSchedule``; ``TaskFailure`` of type `InvalidSchedule` when nothing would ever be due.
    public func create(_ id: String, _ schedule: Schedule) async throws {
        try schedule.validate()
        try await perform(ScheduleState.create, on: id, ScheduleOptions(id: id, schedule))
    }

    /// Replaces a schedule, which stays active or paused.
    ///
    /// - Throws: as ``create(_:_:)``; ``TaskFailure`` of type `ScheduleInvalidTransition` when there is none.
    public func update(_ id: String, _ schedule: Schedule) async throws {
        try schedule.validate()
        try await perform(ScheduleState.replace, on: id, ScheduleOptions(id: id, schedule))
    }

    /// Lets nothing start until ``resume(_:)``.
    ///
    /// - Throws: ``TaskFailure`` of type `ScheduleInvalidTransition` when there is no such active schedule.
    public func pause(_ id: String) async throws {
        try await perform(ScheduleState.pause, on: id, Nothing())
    }

    /// Goes on with a paused schedule; what was due meanwhile is not made up for.
    ///
    /// - Throws: ``TaskFailure`` of type `ScheduleInvalidTransition` when there is no such paused schedule.
    public func resume(_ id: String) async throws {
        try await perform(ScheduleState.resume, on: id, Nothing())
    }

    /// Starts a run now, whatever is due when; a paused schedule stays paused.
    ///
    /// - Returns: the id of the instance.
    /// - Throws: ``TaskFailure`` of type `ScheduleInvalidTransition` when there is no such schedule.
    @discardableResult
    public func trigger(_ id: String) async throws -> String {
        try await perform(ScheduleState.trigger, on: id, Nothing())
    }

    /// Deletes a schedule, if there is one; what runs goes on.
    public func delete(_ id: String) async throws {
        _ = try await perform("delete", on: id, "null")
    }

    /// What is known of a schedule; nil when there is none.
    ///
    /// - Throws: ``TaskFailure`` when what is stored is not a schedule.
    public func describe(_ id: String) async throws -> ScheduleDescription? {
        let entity = try await hub.entity(ScheduleState.id(id).instanceID, includesState: true)
        return try entity.flatMap(ScheduleDescription.init)
    }

    /// Schedules, those that changed last first.
    ///
    /// - Parameters:
    ///   - prefix: What their ids begin with.
    ///   - limit: How many at most.
    ///   - after: ``SchedulePage/next`` of the page before.
    public func list(idPrefix prefix: String = "", limit: Int = 100, after: String? = nil) async throws -> SchedulePage
    {
        var query = EntityQuery()
        query.idPrefix = ScheduleState.id(prefix).instanceID
        query.limit = limit
        query.after = after
        let page = try await hub.entities(query)
        return SchedulePage(schedules: try page.entities.compactMap(ScheduleDescription.init), next: page.next)
    }

    @discardableResult
    private func perform<Input, Output>(
        _ operation: TypedEntityOperation<ScheduleState, Input, Output>, on id: String, _ input: Input
    ) async throws -> Output {
        let answer = try await perform(operation.name, on: id, try Payload.encode(input))
        return try Payload.decode(Output.self, from: answer, what: "the answer of schedule \"\(id)\"")
    }

    private func perform(_ operation: String, on id: String, _ input: String) async throws -> String? {
        let request = ScheduleRequest(
            entity: ScheduleState.id(id), operation: operation, input: JSONText(input))
        let instance = "schedule-operation:\(UUID().uuidString.lowercased())"
        _ = try await hub.start(
            StartRequest(id: instance, name: ScheduleRequest.orchestration, input: try Payload.encode(request)))
        let status = try await hub.waitForCompletion(of: instance)
        _ = try await hub.purge(instance, isRecursive: false)
        if status.status == .completed { return status.output }
        throw status.failure ?? TaskFailure(type: "Terminated", message: "the change of \"\(id)\" was terminated")
    }
}

extension TaskHubClient {
    /// The schedules of the hub.
    public var schedules: ScheduleClient { ScheduleClient(self) }
}
