// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import GRPC
import Telemetry

/// What workers answer.
extension TaskHubService {
    func completeOrchestrator(_ answer: Wire.OrchestratorResponse) async throws -> Wire.Empty {
        if answer.isPartial { return try await keep(answer) }
        let lent = try take(answer.completionToken)
        guard case .orchestration(let item, let history) = lent.work else {
            return try await refuse(lent, "the token is not one of an episode")
        }
        guard !answer.requiresHistory else {
            // Every request carries its history, so this cannot be answered better.
            return try await refuse(lent, "the request had its whole history")
        }
        do {
            let turn = try turn(of: answer, to: lent, item, history)
            _ = try await hub.complete(item, with: turn, from: history.position)
        } catch {
            await handBack(lent, because: GRPCStatus.blame(error))
            throw error
        }
        forgetSetbacks(of: lent.key)
        // Back it goes when there are more news, which are read now.
        if lent.isCut { await hub.abandon(item, because: nil) } else { hub.release(item) }
        return Wire.Empty()
    }

    /// The turn that an answer is, with the parts that came before it.
    private func turn(
        of answer: Wire.OrchestratorResponse, to lent: LentItem, _ item: OrchestrationWorkItem,
        _ history: StoredHistory
    ) throws -> OrchestratorTurn {
        try lent.parts.checkOrder(of: answer)
        var whole = answer
        whole.actions = lent.parts.actions + answer.actions
        let run = ExecutionKey(instanceID: item.instanceID, executionID: history.position.executionID)
        let trace = (item.start ?? history.events.start)?.traceContext
        return try OrchestratorTurn(whole, of: run).traced(under: trace, from: trace)
    }

    /// Keeps a part of an answer until the last one comes.
    private func keep(_ part: Wire.OrchestratorResponse) async throws -> Wire.Empty {
        do {
            guard try lent.add(part, most: configuration.answerBytes) else { throw GRPCStatus.unknownToken }
            return Wire.Empty()
        } catch let error as ProtocolError {
            return try await refuse(try take(part.completionToken), error.description)
        }
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
            await handBack(lent, because: nil)
            throw error
        }
        forgetSetbacks(of: lent.key)
        return Wire.Empty()
    }

    func completeEntity(_ answer: Wire.EntityBatchResult) async throws -> Wire.Empty {
        let lent = try take(answer.completionToken)
        guard case .entity(let batch) = lent.work else {
            return try await refuse(lent, "the token is not one of an entity")
        }
        if let failure = answer.failureDetails {
            log(
                .warning, "a worker elsewhere failed with an entity",
                ["entity": batch.item.instanceID, "failure": "\(failure.failure)"])
            await handBack(lent, because: failure.failure.description)
            return Wire.Empty()
        }
        do {
            try await goOn(with: batch, after: try EntityTurn(answer, to: batch.lent), lent)
        } catch {
            await handBack(lent, because: GRPCStatus.blame(error))
            throw error
        }
        return Wire.Empty()
    }

    /// Sends the operations that did not fit into the message before; stores the turn when there are none.
    private func goOn(with batch: EntityBatch, after answer: EntityTurn, _ lent: LentItem) async throws {
        var batch = batch
        batch.take(answer)
        guard let message = batch.next(within: configuration.messageBytes) else {
            try await hub.complete(batch.item, with: batch.turn)
            return forgetSetbacks(of: lent.key)
        }
        // The worker has just become free of what came before: this takes no slot of its own.
        let next = LentItem(work: .entity(batch), stream: lent.stream, slots: Slots(0))
        if stream(of: lent)?.sendMore(next, message) != true { await hub.takeBack(lent, because: nil, log) }
    }

    func abandon(_ request: Wire.AbandonRequest) async throws -> Wire.Empty {
        // No request says why: what a worker leaves to others, as another version does, is not to blame.
        await handBack(try take(request.completionToken), because: nil)
        return Wire.Empty()
    }

    private func take(_ token: String) throws -> LentItem {
        guard let item = lent.take(token) else { throw GRPCStatus.unknownToken }
        item.slots.giveBack()
        return item
    }

    private func refuse(_ lent: LentItem, _ reason: String) async throws -> Wire.Empty {
        await handBack(lent, because: reason)
        throw GRPCStatus(.invalidArgument, "\(reason); the item will be handed out again")
    }
}

extension GRPCStatus {
    fileprivate static let unknownToken = GRPCStatus(
        .failedPrecondition,
        "no item is lent under this completion token: it was answered, or handed out again; drop the result")
}
