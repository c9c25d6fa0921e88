// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// What it takes to let a failed instance try again what failed: made up over what is stored, carried out in one
/// transaction.
struct RewindPlan: Sendable {
    /// What is done about a child that the instance still waits for.
    enum ChildPlan: Sendable {
        /// It failed, too.
        case rewind(RewindPlan)
        /// It goes on, and answers to the new run.
        case keep(id: String)
        /// It ended; the new run has not heard of it.
        case tellAgain(InstanceStatus)
        /// It is gone, and begins again.
        case startAgain
    }

    var status: InstanceStatus
    var rewinding: Rewinding
    var history: [HistoryEvent]
    var children: [(id: Int, call: SubOrchestrationCall, plan: ChildPlan)] = []

    /// The new run.
    var execution: ExecutionKey {
        ExecutionKey(instanceID: status.id, executionID: rewinding.executionID ?? status.executionID)
    }

    static func changed(_ id: String) -> TaskHubError {
        TaskHubError(.running, "instance \"\(id)\" changed while it was rewound; look at it and try again")
    }

    var ids: Set<String> {
        children.reduce(into: [status.id]) { ids, child in
            ids.insert(child.call.instanceID)
            if case .rewind(let plan) = child.plan { ids.formUnion(plan.ids) }
        }
    }
}

extension EmbeddedTaskHub {
    /// Lets a failed instance try again what failed, and its children with it.
    public func rewind(_ id: String, reason: String?) async throws {
        guard let status = try await store.status(of: id) else { throw TaskHubError.notFound(id) }
        guard let plan = try await plan(status, Rewinding(reason: reason)) else {
            throw TaskHubError(.running, "instance \"\(id)\" has not failed, so there is nothing to rewind")
        }
        try await ask(HubLocks(plan.ids)) { try $0.rewind(plan) }
    }

    private func plan(_ status: InstanceStatus, _ rewinding: Rewinding) async throws -> RewindPlan? {
        var rewinding = rewinding
        let executionID = Rewinding.successor(of: status.executionID)
        rewinding.executionID = executionID
        let history = try await store.history(of: status.id)?.events ?? []
        guard status.status == .failed, let rest = history.rewound(by: rewinding, executionID: executionID) else {
            return nil
        }
        var plan = RewindPlan(status: status, rewinding: rewinding, history: rest)
        for (id, call) in rest.unansweredChildren.sorted(by: { $0.key < $1.key }) {
            plan.children.append((id, call, try await childPlan(call.instanceID, rewinding)))
        }
        return plan
    }

    private func childPlan(_ id: String, _ parent: Rewinding) async throws -> RewindPlan.ChildPlan {
        guard let status = try await store.status(of: id) else { return .startAgain }
        guard status.status.isFinal else { return .keep(id: id) }
        let rewinding = Rewinding(reason: parent.reason, parentExecutionID: parent.executionID)
        return try await plan(status, rewinding).map { .rewind($0) } ?? .tellAgain(status)
    }
}

extension HubDraft {
    /// Carries a plan out.
    ///
    /// - Throws: `running` when the instance changed since the plan was made.
    mutating func rewind(_ plan: RewindPlan) throws {
        try check(plan)
        perform(plan)
    }

    private func check(_ plan: RewindPlan) throws {
        guard let head = self[plan.status.id], head.executionID == plan.status.executionID, head.status == .failed
        else { throw RewindPlan.changed(plan.status.id) }
        for child in plan.children.map(\.plan) {
            switch child {
            case .rewind(let plan): try check(plan)
            case .keep(let id) where self[id]?.status.isFinal ?? true: throw RewindPlan.changed(id)
            default: break
            }
        }
    }

    private mutating func perform(_ plan: RewindPlan) {
        guard var head = self[plan.status.id] else { return }
        clear(head.id)
        let text = HistoryText.encode(plan.history)
        head.executionID = plan.execution.executionID
        head.status = .running
        if let run = plan.rewinding.parentExecutionID { head.parent?.executionID = run }
        head.eventCount = plan.history.count
        head.byteCount = text.utf8.count
        head.owner = isShared ? owner : 0
        changes.rewound.append(head)
        changes.history.append(HistoryChunk(id: head.id, position: 0, events: text))
        update(head)
        deliver(NewMessage(HistoryEvent(at: time, .genericEvent("rewound")), to: head.id, run: head.executionID))
        for child in plan.children { perform(child.plan, of: plan, child.id, child.call) }
    }

    private mutating func perform(
        _ child: RewindPlan.ChildPlan, of parent: RewindPlan, _ taskID: Int, _ call: SubOrchestrationCall
    ) {
        switch child {
        case .rewind(let plan): perform(plan)
        case .keep(let id): adopt(id, parent.execution)
        case .tellAgain(let status):
            let completion = Completion(status.status, result: status.output, failure: status.failure)
            tell(parent.execution, taskID, completion)
        case .startAgain: startChild(call, taskID, parent.execution)
        }
    }

    private mutating func adopt(_ id: String, _ parent: ExecutionKey) {
        guard var head = self[id], head.parent != nil else { return }
        head.parent?.executionID = parent.executionID
        update(head)
        if let parent = head.parent { changes.flags.append(InstanceFlag(id: id, kind: .parent(parent))) }
    }
}
