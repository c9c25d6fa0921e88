// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Why an id or a name is none.
///
/// What they may be is said here for every entrance: clients, orchestrators, entities. They are keys of indexes, which
/// have little room, and texts in databases that know no NUL.
package struct NameFault: Error, Sendable, Equatable {
    /// What is wrong, and what would not be.
    package let message: String

    /// How long an id, a name, a version or a tag may be, in bytes of UTF-8.
    package static let limit = 1_024

    /// What a client is told.
    package var refusal: TaskHubError { TaskHubError(.invalid, message) }

    /// What an orchestrator or an operation is told.
    package var failure: TaskFailure {
        TaskFailure(type: TaskFailure.EngineType.invalidName, message: message, isRetriable: false)
    }
}

// Single texts.
extension NameFault {
    /// What is wrong with the id of an orchestration's instance; nil when nothing is.
    package static func of(instance id: String) -> NameFault? {
        if id.isEmpty || InstanceHead.isEntity(id) {
            return NameFault(
                message: "an instance needs an id of 1 to \(limit) bytes that begins without @, not \(quoted(id))")
        }
        return of(id, "the id of an instance")
    }

    /// What is wrong with the id of an entity; nil when nothing is.
    package static func of(entity id: String) -> NameFault? {
        guard EntityName(id: id) != nil else {
            return NameFault(message: "an entity's id is \"@name@key\", not \(quoted(id))")
        }
        return of(id, "the id of an entity")
    }

    /// What is wrong with a name; nil when nothing is.
    ///
    /// - Parameter what: What it is the name of, as "the name of an activity".
    package static func of(_ name: String, _ what: String) -> NameFault? {
        let bytes = name.utf8
        if bytes.isEmpty { return NameFault(message: "\(what) is empty") }
        if bytes.count > limit {
            return NameFault(message: "\(what) takes \(bytes.count) bytes, the limit is \(limit): \(quoted(name))")
        }
        // The second stands between names and versions.
        guard bytes.contains(where: { $0 == 0 || $0 == 0x1F }) else { return nil }
        return NameFault(message: "\(what) has a control character in it that cannot be stored: \(quoted(name))")
    }

    private static func of(version: String?) -> NameFault? {
        guard let version, !version.isEmpty else { return nil }
        return of(version, "a version")
    }

    private static func of(tags: [String: String]?) -> NameFault? {
        for (name, value) in tags ?? [:] {
            if let fault = of(name, "the name of a tag") ?? (value.isEmpty ? nil : of(value, "tag \(quoted(name))")) {
                return fault
            }
        }
        return nil
    }

    private static func quoted(_ text: String) -> String {
        let start = text.prefix(64)
        return start.endIndex == text.endIndex ? start.debugDescription : "\(start.debugDescription)…"
    }
}

// Requests.
extension NameFault {
    /// What is wrong with the names in a request to start an instance; nil when nothing is.
    package static func of(_ request: StartRequest) -> NameFault? {
        of(instance: request.id) ?? of(request.name, "the name of an orchestration") ?? of(version: request.version)
            ?? of(tags: request.tags)
    }

    /// What is wrong with the names in a request to an entity; nil when nothing is.
    package static func of(_ operation: EntityOperation) -> NameFault? {
        of(entity: operation.target) ?? of(operation.operation, "the name of an operation")
    }

    /// What is wrong with the names in an event; nil when nothing is.
    package static func of(_ event: SentEvent) -> NameFault? {
        of(instance: event.instanceID) ?? of(event.name, "the name of an event")
    }

    /// What is wrong with the names in what an orchestrator asks for; nil when nothing is.
    package static func of(_ action: OrchestratorAction.Kind) -> NameFault? {
        switch action {
        case .scheduleTask(let call):
            // The tags are the engine's, too, and some of these are values of the author's.
            of(call.name, "the name of an activity") ?? of(version: call.version)
                ?? call.tags?.keys.lazy.compactMap { of($0, "the name of a tag") }.first
        case .createSubOrchestration(let call):
            of(instance: call.instanceID) ?? of(call.name, "the name of an orchestration")
                ?? of(version: call.version) ?? of(tags: call.tags)
        case .sendEvent(let event): of(event)
        case .signalEntity(let operation), .callEntity(let operation): of(operation)
        case .lockEntities(let request): request.lockSet.lazy.compactMap { of(entity: $0) }.first
        case .unlockEntity(let unlock): of(entity: unlock.target)
        case .terminateOrchestration(let id, _, _): of(instance: id)
        case .createTimer, .completeOrchestration, .rewindOrchestration: nil
        }
    }

    /// What is wrong with the names in what an entity asks for; nil when nothing is.
    package static func of(_ effect: EntityEffect) -> NameFault? {
        switch effect {
        case .signal(let operation): of(operation)
        case .start(let request): of(request)
        }
    }
}
