// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import GRPC
import Telemetry

/// What workers answer.
extension TaskHubService {
    func completeOrchestrator(_ answer: Wire.OrchestratorResponse) async throws -> Wire.Empty {
        if answer.isPartial {
            guard lent.add(answer.actions, to: answer.completionToken) else { throw GRPCStatus.unknownToken }
            return Wire.Empty()
        }
        let lent = try take(answer.completionToken)
        guard case .orchestration(let item, let history) = lent.work else {
            return try await refuse(lent, "the token is not one of an episode")
        }
        guard !answer.requiresHistory else {
            // Every request carries its history, so this cannot be answered better.
            return try await refuse(lent, "the request had its whole history")
        }
        do {
            let run = ExecutionKey(instanceID: item.instanceID, executionID: history.position.executionID)
            let turn = OrchestratorTurn(
                actions: try (lent.actions + answer.actions).map { try OrchestratorAction($0, of: run) },
                customStatus: answer.customStatus)
            let trace = (item.start ?? history.events.start)?.traceContext
            _ = try await hub.complete(item, with: turn.traced(under: trace, from: trace), from: history.position)
        } catch {
            await hub.abandon(item, because: GRPCStatus.blame(error))
            throw error
        }
        hub.release(item)
        return Wire.Empty()
    }

    func completeActivity(_ answer: Wire.ActivityResponse) async throws -> Wire.Empty {
        let lent = try take(answer.completionToken)
        guard case .activity(let item) = lent.work else {
            return try await refuse(lent, "the token is not one of an activity")
        }
        do {
            try await hub.complete(
                item, with: answer.failureDetails.map { .failure($0.failure) } ?? .success(answer.result))
        } catch let error as TaskHubError where error.code == .leaseLost {
            throw error
        } catch {
            await hub.takeBack(lent, because: nil, log)
            throw error
        }
        return Wire.Empty()
    }

    func completeEntity(_ answer: Wire.EntityBatchResult) async throws -> Wire.Empty {
        let lent = try take(answer.completionToken)
        guard case .entity(let item) = lent.work else {
            return try await refuse(lent, "the token is not one of an entity")
        }
        if let failure = answer.failureDetails {
            log(
                .warning, "a worker elsewhere failed with an entity",
                ["entity": item.instanceID, "failure": "\(failure.failure)"])
            await hub.abandon(item, because: failure.failure.description)
            return Wire.Empty()
        }
        do {
            try await hub.complete(item, with: try EntityTurn(answer, to: item))
        } catch {
            await hub.abandon(item, because: GRPCStatus.blame(error))
            throw error
        }
        return Wire.Empty()
    }

    func abandon(_ request: Wire.AbandonRequest) async throws -> Wire.Empty {
        await hub.takeBack(try take(request.completionToken), because: nil, log)
        return Wire.Empty()
    }

    private func take(_ token: String) throws -> LentItem {
        guard let item = lent.take(token) else { throw GRPCStatus.unknownToken }
        item.slots.giveBack()
        return item
    }

    private func refuse(_ lent: LentItem, _ reason: String) async throws -> Wire.Empty {
        await hub.takeBack(lent, because: reason, log)
        throw GRPCStatus(.invalidArgument, "\(reason); the item will be handed out again")
    }
}

extension GRPCStatus {
    fileprivate static let unknownToken = GRPCStatus(
        .failedPrecondition,
        "no item is lent under this completion token: it was answered, or handed out again; drop the result")
}
