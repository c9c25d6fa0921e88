// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension [HistoryEvent] {
    /// The history of a failed instance without what failed, for another try.
    ///
    /// What succeeded stays and is not done again. Calls that never succeeded lose their failures, their further
    /// attempts and the waits between them, so that their retry policy starts over. What was under way when the
    /// instance failed is asked for again, too, because its answer was not heard: activities, entities, and locks,
    /// that were given back with the failure. Children stay called; the hub rewinds those that failed, and tells the
    /// ends of the others again (``unansweredChildren``). The event of the rewinding ends the history: what stands
    /// before it is compared with the orchestrator by content, not by position.
    ///
    /// - Parameter executionID: The run that begins, unless the rewinding chose one.
    /// - Returns: nil when the instance did not fail.
    package func rewound(by rewinding: Rewinding, executionID: String) -> [HistoryEvent]? {
        guard let end = last(where: { $0.kind.completion != nil }), end.kind.completion?.status == .failed else {
            return nil
        }
        let dropped = FailedCalls(in: self).events
        var history: [HistoryEvent] = []
        for (index, event) in enumerated() where !dropped.contains(index) && event.kind.completion == nil {
            guard case .executionStarted(let start) = event.kind else {
                history.append(event)
                continue
            }
            let begin = start.rewound(by: rewinding, executionID: executionID)
            history.append(HistoryEvent(id: event.id, at: event.timestamp, .executionStarted(begin)))
            if !contains(where: { HistoryNote($0.kind)?.isSeed == true }) {
                history.append(HistoryEvent(at: event.timestamp, HistoryNote.seed(start.executionID).event))
            }
        }
        let used = map(\.id).max() ?? -1
        return history + [
            HistoryEvent(at: end.timestamp, HistoryNote.used(used).event),
            HistoryEvent(at: end.timestamp, .executionRewound(rewinding)),
        ]
    }

    /// The children that were called and did not answer yet, by the ids of the actions that called them.
    package var unansweredChildren: [Int: SubOrchestrationCall] {
        var children: [Int: SubOrchestrationCall] = [:]
        for event in self {
            if case .subOrchestrationCreated(let call) = event.kind { children[event.id] = call }
            if let id = event.kind.answeredID { children[id] = nil }
        }
        return children
    }
}

/// Finds the events of a history that are about calls that never succeeded.
private struct FailedCalls {
    /// The action ids of one call, the first attempt first.
    private var attempts: [Int: [Int]] = [:]
    private var succeeded: Set<Int> = []
    private var unlocked: Set<String> = []
    private let history: [HistoryEvent]

    init(in history: [HistoryEvent]) {
        self.history = history
        var children = ChildAttempts()
        for event in history {
            switch event.kind {
            case .orchestratorStarted: unlocked = []
            case .taskScheduled(let call): note(event.id, asAttemptOf: call.firstTaskID ?? event.id)
            case .subOrchestrationCreated(let call):
                note(event.id, asAttemptOf: children.note(call, event.id))
            case .subOrchestrationFailed(let id, _): children.fail(id)
            case .taskCompleted(let id, _), .subOrchestrationCompleted(let id, _): succeeded.insert(id)
            case .entityUnlockSent(let unlock): unlocked.insert(unlock.criticalSectionID)
            default: break
            }
        }
    }

    /// An action that was asked for again after an earlier rewinding stands in the history twice.
    private mutating func note(_ id: Int, asAttemptOf first: Int) {
        if attempts[first]?.contains(id) != true { attempts[first, default: []].append(id) }
    }

    /// The positions of the events.
    var events: Set<Int> {
        var failed: Set<Int> = []
        var repeated: Set<Int> = []
        for (_, ids) in attempts where succeeded.isDisjoint(with: ids) {
            failed.formUnion(ids)
            repeated.formUnion(ids.dropFirst())
        }
        let waits = Set(attempts.values.filter { succeeded.isDisjoint(with: $0) }.flatMap(waits))
        return Set(
            history.indices.filter { index in
                let event = history[index]
                switch event.kind {
                case .taskFailed(let id, _), .subOrchestrationFailed(let id, _): return failed.contains(id)
                case .taskScheduled, .subOrchestrationCreated: return repeated.contains(event.id)
                case .timerCreated: return waits.contains(event.id)
                case .timerFired(let id, _): return waits.contains(id)
                case .entityOperationFailed: return true
                case .entityLockGranted(let section): return unlocked.contains(section)
                case .entityUnlockSent(let unlock): return unlocked.contains(unlock.criticalSectionID)
                default: return false
                }
            })
    }

    /// The timers between the attempts of a call, as far as no other timer can be meant.
    ///
    /// One that stays does no harm: nobody asks for it.
    private func waits(between ids: [Int]) -> [Int] {
        zip(ids, ids.dropFirst()).compactMap { attempt, next in
            guard let failure = history.firstIndex(where: { $0.kind.answeredID == attempt }),
                let record = history.firstIndex(where: { $0.id == next })
            else { return nil }
            let set = episode(after: failure).filter { if case .timerCreated = $0.kind { true } else { false } }
            let fired = Set(episode(before: record).compactMap { $0.kind.firedTimer })
            let candidates = set.map(\.id).filter(fired.contains)
            return candidates.count == 1 ? candidates[0] : nil
        }
    }

    private func episode(after index: Int) -> ArraySlice<HistoryEvent> {
        history[index...].prefix { $0.kind != .orchestratorStarted }
    }

    private func episode(before index: Int) -> ArraySlice<HistoryEvent> {
        let begin = history[..<index].lastIndex { $0.kind == .orchestratorStarted } ?? 0
        return history[begin..<index]
    }
}

extension ExecutionStarted {
    fileprivate func rewound(by rewinding: Rewinding, executionID: String) -> ExecutionStarted {
        var start = self
        start.executionID = rewinding.executionID ?? executionID
        if let parent = rewinding.parentExecutionID { start.parent?.executionID = parent }
        return start
    }
}

/// Tells further attempts at a child from children of their own that are named like one.
///
/// A further attempt is made once the one before it has failed, with the same name and input.
private struct ChildAttempts {
    private var calls: [String: (call: SubOrchestrationCall, id: Int, first: Int)] = [:]
    private var failed: Set<Int> = []

    /// A child failed.
    mutating func fail(_ id: Int) { failed.insert(id) }

    /// A child was called.
    ///
    /// - Returns: the action of the first attempt.
    mutating func note(_ call: SubOrchestrationCall, _ id: Int) -> Int {
        if let known = calls[call.instanceID], known.id == id { return known.first }
        var first = id
        if let former = call.formerInstanceID.flatMap({ calls[$0] }), failed.contains(former.id),
            call.repeats(former.call)
        {
            first = former.first
        }
        calls[call.instanceID] = (call, id, first)
        return first
    }
}

extension SubOrchestrationCall {
    /// The instance id of the attempt before, if this may be a further one.
    fileprivate var formerInstanceID: String? {
        guard let colon = instanceID.lastIndex(of: ":"),
            let number = Int(instanceID[instanceID.index(after: colon)...]),
            number > 1
        else { return nil }
        let first = String(instanceID[..<colon])
        return number == 2 ? first : "\(first):\(number - 1)"
    }

    /// Large inputs, of which only the rows are known, are taken for the same.
    fileprivate func repeats(_ call: SubOrchestrationCall) -> Bool {
        let isLarge = [input, call.input].allSatisfy { $0.flatMap(PayloadReference.row) != nil }
        return name == call.name && (input == call.input || isLarge)
    }
}

extension HistoryEvent.Kind {
    fileprivate var completion: Completion? {
        if case .executionCompleted(let completion) = self { return completion }
        return nil
    }

    fileprivate var firedTimer: Int? {
        if case .timerFired(let id, _) = self { return id }
        return nil
    }
}
