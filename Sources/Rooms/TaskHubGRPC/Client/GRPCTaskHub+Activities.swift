// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials
import GRPC

extension GRPCTaskHub {
    /// Waits for an activity to run.
    public func nextActivity(_ filter: WorkFilter, _ intake: Intake) async throws -> ActivityWorkItem? {
        await activities.next(filter, intake)
    }

    /// Waits for the end of the intake: the protocol has no word for an activity whose result nobody wants.
    public func nextCancellation(_ intake: Intake) async -> ActivityWorkItem? {
        await cancellations.next(.all, intake)
    }

    /// Sends the result of an activity, until it has arrived.
    ///
    /// One that is too large for the hub fails the activity; one that cannot be sent gives it back.
    public func complete(_ item: ActivityWorkItem, with result: Result<String?, TaskFailure>) async throws {
        guard let errand = held.activity(item.sequence) else { throw Self.lost }
        defer { held.dropActivity(item.sequence) }
        var answer = Wire.ActivityResponse()
        answer.instanceID = item.instanceID
        answer.taskID = Int32(clamping: item.taskID)
        answer.completionToken = errand.token
        switch result {
        case .success(let output): answer.result = output
        case .failure(let failure): answer.failureDetails = Wire.TaskFailureDetails(failure)
        }
        try await deliver(answer, .activity, errand.token) { failure in
            answer.result = nil
            answer.failureDetails = Wire.TaskFailureDetails(failure)
            return answer
        }
    }

    /// Does nothing: the hub renews leases while the stream of work lives.
    public func renew(_ items: [ActivityWorkItem]) async -> [ActivityWorkItem] { [] }

    /// Gives the item back undone.
    public func abandon(_ item: ActivityWorkItem) async throws {
        guard let errand = held.activity(item.sequence) else { return }
        held.dropActivity(item.sequence)
        await giveBack([(HeldWork.Calls.activity.abandon, errand.token)])
    }

    private static let lost = TaskHubError(.leaseLost, "the item is no longer this worker's")

    // MARK: Entities

    /// Waits for an entity with operations to run.
    public func nextEntity(_ filter: WorkFilter, _ intake: Intake) async throws -> EntityWorkItem? {
        await entityBatches.next(filter, intake)
    }

    /// Sends what became of the operations, until it has arrived.
    ///
    /// What is too large for the hub fails all operations; what cannot be sent gives them back.
    public func complete(_ item: EntityWorkItem, with turn: EntityTurn) async throws {
        guard let errand = held.entity(Int64(item.revision)) else { throw Self.lost }
        defer { held.dropEntity(Int64(item.revision)) }
        func answer(_ turn: EntityTurn) -> Wire.EntityBatchResult {
            var answer = Wire.EntityBatchResult(turn, to: item, from: errand.receivedAt, to: clock.now)
            answer.completionToken = errand.token
            return answer
        }
        try await deliver(answer(turn), .entity, errand.token) { failure in
            answer(EntityTurn(results: turn.results.map { _ in .failure(failure) }, state: item.state))
        }
    }

    /// Gives the item back undone.
    public func abandon(_ item: EntityWorkItem, because reason: String?) async {
        guard let errand = held.entity(Int64(item.revision)) else { return }
        held.dropEntity(Int64(item.revision))
        await giveBack([(HeldWork.Calls.entity.abandon, errand.token)])
    }

    /// Ends the waiting fetches of an intake.
    ///
    /// What nobody fetched stays here until ``run()`` ends: given back at once, it would come again and again.
    public func close(_ intake: Intake) {
        intake.close()
        orchestrations.close(intake)
        activities.close(intake)
        entityBatches.close(intake)
        cancellations.close(intake)
    }
}
