// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

extension OrchestratorTurn {
    /// What a worker answers to an episode, in the order that a hub stores it: by the actions' ids, the end last.
    ///
    /// Workers are known that send their actions in no order at all.
    ///
    /// - Throws: ``ProtocolError`` when the actions make no sense, alone or together.
    init(_ answer: Wire.OrchestratorResponse, of run: ExecutionKey) throws {
        let actions = try answer.actions.map { try OrchestratorAction($0, of: run) }
        let ends = actions.filter(\.isEnd)
        guard ends.count <= 1 else { throw ProtocolError("the answer ends the instance \(ends.count) times") }
        var awaited: Set<Int> = []
        for action in actions where action.isAwaited {
            guard action.id >= 0, awaited.insert(action.id).inserted else {
                throw ProtocolError("two actions have the id \(action.id), or it is none")
            }
        }
        let others = actions.filter { !$0.isEnd }.enumerated()
            .sorted { ($0.element.id, $0.offset) < ($1.element.id, $1.offset) }.map(\.element)
        self.init(actions: others + ends, customStatus: answer.customStatus)
    }
}

extension OrchestratorAction {
    fileprivate var isEnd: Bool { if case .completeOrchestration = kind { true } else { false } }

    /// Whether it is answered under its id.
    fileprivate var isAwaited: Bool {
        switch kind {
        case .scheduleTask, .createTimer, .createSubOrchestration: true
        default: false
        }
    }
}
