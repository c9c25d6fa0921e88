// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

// What passes between an orchestrator and entities.
extension ReplayCore {
    /// Asks an entity for something and waits for its answer.
    ///
    /// - Throws: the operation's failure, or ``TaskFailure`` of type `CriticalSection`.
    func call(_ operation: EntityOperation) async throws -> String? {
        let id = try await admit { state in
            Result {
                try state.sections.beginCall(operation.target)
                return state.ask(.callEntity(operation), answeredAs: operation.requestID).id
            }
        }.get()
        defer { state.withLock { $0.sections.endCall(operation.target) } }
        return try await answer(to: id)
    }

    /// Asks an entity for something.
    ///
    /// - Throws: ``TaskFailure`` of type `CriticalSection`.
    func signal(_ operation: EntityOperation) async throws {
        try await admit { state in
            Result {
                try state.sections.checkSignal(operation.target)
                state.add { _ in .signalEntity(operation) }
            }
        }.get()
    }

    /// Asks for locks and waits until all of them are held.
    ///
    /// - Returns: the section's action, to be given to ``unlock(_:)``.
    /// - Throws: ``TaskFailure`` of type `CriticalSection`.
    func lock(_ request: EntityLockRequest) async throws -> Int {
        let id = try await admit { state in
            Result {
                try state.sections.checkLock(request.lockSet)
                let (id, record) = state.ask(.lockEntities(request), answeredAs: request.criticalSectionID)
                let name = record?.kind.requestID ?? request.criticalSectionID
                state.sections.begin(.init(id: name, action: id, entities: request.lockSet))
                if case .answered = state.open[.action(id)] { _ = state.sections.grant(action: id) }
                return id
            }
        }.get()
        try await answer(to: id)
        return id
    }

    /// Gives the locks back that an action asked for, also in a cancelled task.
    func unlock(_ action: Int) {
        guard executor.isCurrent else { return executor.noteEscape() }
        state.withLock { state in
            if let section = state.sections.end(action: action), !state.isClosed {
                state.giveBack(section, instanceID)
            }
        }
    }

    /// Gives back all locks that a run leaves behind.
    func unlockAll() {
        state.withLock { state in
            for section in state.sections.endAll() { state.giveBack(section, instanceID) }
        }
    }

    /// All locks of a section are held; those that nobody waits for any more are given back.
    func grant(_ criticalSectionID: String) {
        guard let id = takeAction(named: criticalSectionID) else { return }
        state.withLock { state in
            if let section = state.sections.grant(action: id), section.isAbandoned {
                _ = state.sections.end(action: id)
                state.giveBack(section, instanceID)
            }
        }
        resolve(id, .success(nil))
    }

    /// Answers a request.
    func resolve(_ requestID: String, _ result: Result<String?, any Error>) {
        if let id = takeAction(named: requestID) { resolve(id, result) }
    }

    private func takeAction(named requestID: String) -> Int? {
        state.withLock { state in
            if state.isRemembering { return state.memory?.action(named: requestID) }
            return state.requests.removeValue(forKey: requestID) ?? state.memory?.action(named: requestID)
        }
    }
}

extension ReplayCore.State {
    /// Asks for an action whose answer bears a name of its own.
    fileprivate mutating func ask(
        _ kind: OrchestratorAction.Kind, answeredAs requestID: String
    ) -> (id: Int, record: Recollection.Record?) {
        let (id, record) = ask { _ in kind }
        requests[requestID] = id
        return (id, record)
    }

    fileprivate mutating func giveBack(_ section: CriticalSections.Section, _ instanceID: String) {
        for entity in section.entities {
            let unlock = EntityUnlock(criticalSectionID: section.id, parentInstanceID: instanceID, target: entity)
            add { _ in .unlockEntity(unlock) }
        }
    }
}
