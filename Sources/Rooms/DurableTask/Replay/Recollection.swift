// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What a rewound instance had asked for before, and the answers that it keeps.
///
/// After a rewinding the orchestrator takes another way than its history records: what failed has not failed yet, so
/// what it did about the failure is not asked for. Ids count differently from there on. So what it asks for is looked
/// up by its content, and only what was never asked for, or has no answer, is asked for again. What is asked for
/// again keeps its id, and with it its idempotency key; what is new takes ids that were never used.
struct Recollection {
    /// What makes two requests the same: kind, name and input.
    private struct Content: Hashable {
        var name: String
        var input: String

        init(_ kind: OrchestratorAction.Kind) {
            name = kind.name.lowercased()
            input =
                switch kind {
                case .scheduleTask(let call): call.input ?? ""
                case .createSubOrchestration(let call): call.input ?? ""
                case .createTimer(let fireAt): "\(fireAt.millisecondsSince1970)"
                case .sendEvent(let event): event.input ?? ""
                case .signalEntity(let operation), .callEntity(let operation): operation.input ?? ""
                case .lockEntities(let request): request.lockSet.joined(separator: " ")
                case .unlockEntity(let unlock): unlock.criticalSectionID
                default: ""
                }
        }
    }

    /// A request of the time before.
    struct Record {
        var id: Int
        var kind: OrchestratorAction.Kind
        /// Whether it is done, or somebody is at it, so that it is not to be asked for again.
        var isSettled: Bool
    }

    private var records: [Int: Record] = [:]
    private var unclaimed: [Content: [Int]] = [:]
    /// The records that nobody claimed yet.
    private var waiting: Set<Int> = []
    private var early: [Int: Result<String?, any Error>] = [:]
    private var named: [String: Int] = [:]

    /// The events before a rewinding.
    init(of events: some Sequence<HistoryEvent>) {
        var answered: Set<Int> = []
        for event in events {
            if let kind = OrchestratorAction.Kind(recordedAs: event.kind) {
                records[event.id] = Record(id: event.id, kind: kind, isSettled: kind.isSettledAlone)
                if let request = kind.requestID { named[request] = event.id }
            } else if let id = event.kind.answeredID ?? event.kind.answeredRequest.flatMap({ named[$0] }) {
                answered.insert(id)
            }
        }
        waiting = Set(records.keys)
        for id in answered { records[id]?.isSettled = true }
        for id in records.keys.sorted() { records[id].map { unclaimed[Content($0.kind), default: []].append(id) } }
    }

    /// Finds what was asked for before, once.
    ///
    /// - Parameter id: The record that is meant as long as the orchestrator takes the old way.
    mutating func claim(_ kind: OrchestratorAction.Kind, preferring id: Int) -> Record? {
        let content = Content(kind)
        guard var ids = unclaimed[content], !ids.isEmpty else { return nil }
        let claimed = ids.remove(at: ids.firstIndex(of: id) ?? 0)
        unclaimed[content] = ids
        waiting.remove(claimed)
        if early[claimed] != nil { records[claimed]?.isSettled = true }
        return records[claimed]
    }

    /// Keeps the first answer to a record that nobody claimed yet.
    mutating func keep(_ result: Result<String?, any Error>, for id: Int) {
        if waiting.contains(id), early[id] == nil { early[id] = result }
    }

    /// The answer that came before somebody asked for it.
    mutating func takeAnswer(to id: Int) -> Result<String?, any Error>? { early.removeValue(forKey: id) }

    /// The action whose answer bears this name.
    func action(named request: String) -> Int? { named[request] }
}

extension OrchestratorAction.Kind {
    /// Whether nobody answers it, or the hub sees to it that it is answered: it rewinds children that failed.
    fileprivate var isSettledAlone: Bool {
        switch self {
        case .sendEvent, .signalEntity, .unlockEntity, .createSubOrchestration: true
        default: false
        }
    }

    /// The name that the answer bears; nil when it bears the action's id.
    var requestID: String? {
        switch self {
        case .callEntity(let operation): operation.requestID
        case .lockEntities(let request): request.criticalSectionID
        default: nil
        }
    }
}

extension HistoryEvent.Kind {
    /// The action that the event answers by its id.
    var answeredID: Int? {
        switch self {
        case .taskCompleted(let id, _), .taskFailed(let id, _), .subOrchestrationCompleted(let id, _),
            .subOrchestrationFailed(let id, _), .timerFired(let id, _):
            id
        default: nil
        }
    }

    /// The request that the event answers.
    var answeredRequest: String? {
        switch self {
        case .entityOperationCompleted(let request, _), .entityOperationFailed(let request, _): request
        case .entityLockGranted(let section): section
        default: nil
        }
    }
}
