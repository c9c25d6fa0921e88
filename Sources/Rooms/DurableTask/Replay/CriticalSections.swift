// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The locks on entities that a run asked for and has not given back, and the rules that hold while it has them.
///
/// The rules keep instances from waiting for each other in a circle: who holds locks may wait only for what it holds.
struct CriticalSections {
    struct Section {
        /// The text that the hub knows it by.
        var id: String
        /// The action that asked for it.
        var action: Int
        /// The entities' instance ids, sorted.
        var entities: [String]
        var isGranted = false
        /// Whether nobody waits for the grant any more.
        var isAbandoned = false
        /// Locked entities that owe an answer.
        var busy: Set<String> = []
    }

    private var sections: [Section] = []

    private var held: Section? { sections.first { $0.isGranted } }

    /// Whether the run has locks now.
    var areHeld: Bool { held != nil }

    /// Whether locks may be asked for.
    func checkLock(_ entities: [String]) throws {
        guard let other = sections.first(where: { !$0.isAbandoned }) else { return }
        throw TaskFailure.criticalSection(
            """
            locks on \(entities) are asked for while those on \(other.entities) are held or asked for: ask for all of \
            them at once
            """)
    }

    /// Begins a section.
    mutating func begin(_ section: Section) { sections.append(section) }

    /// All locks of a section are held.
    ///
    /// - Returns: the section.
    mutating func grant(action: Int) -> Section? {
        guard let index = sections.firstIndex(where: { $0.action == action && !$0.isGranted }) else { return nil }
        sections[index].isGranted = true
        return sections[index]
    }

    /// Ends a section.
    ///
    /// - Returns: it, for its locks to be given back.
    mutating func end(action: Int) -> Section? {
        guard let index = sections.firstIndex(where: { $0.action == action }) else { return nil }
        return sections.remove(at: index)
    }

    /// Ends all sections.
    mutating func endAll() -> [Section] {
        defer { sections = [] }
        return sections
    }

    /// Nobody waits for the section of this action any more.
    ///
    /// - Parameter isWithdrawn: Whether no hub ever hears of it; else its grant is still to come.
    mutating func abandon(action: Int, isWithdrawn: Bool) {
        guard let index = sections.firstIndex(where: { $0.action == action && !$0.isGranted }) else { return }
        if isWithdrawn { sections.remove(at: index) } else { sections[index].isAbandoned = true }
    }

    /// A call of an entity begins.
    mutating func beginCall(_ entity: String) throws {
        guard let index = sections.firstIndex(where: { $0.isGranted }) else { return }
        guard sections[index].entities.contains(entity) else {
            throw TaskFailure.criticalSection(
                "\"\(entity)\" is called while locks on \(sections[index].entities) are held: lock it with them")
        }
        guard sections[index].busy.insert(entity).inserted else {
            throw TaskFailure.criticalSection(
                "\"\(entity)\" is called while it is locked and owes an answer: await it first")
        }
    }

    /// A call of an entity ended.
    mutating func endCall(_ entity: String) {
        guard let index = sections.firstIndex(where: { $0.isGranted }) else { return }
        sections[index].busy.remove(entity)
    }

    /// Whether an entity may be signalled.
    func checkSignal(_ entity: String) throws {
        guard held?.entities.contains(entity) == true else { return }
        throw TaskFailure.criticalSection("\"\(entity)\" is signalled while it is locked: call it")
    }
}

/// Other orchestrations cannot be called while locks are held.
struct ChildRefusal: Error {
    /// What the orchestrator sees.
    var failure: TaskFailure {
        TaskFailure.criticalSection("an orchestration is called while locks are held: give them back first")
    }
}

extension TaskFailure {
    fileprivate static func criticalSection(_ message: String) -> TaskFailure {
        TaskFailure(type: EngineType.criticalSection, message: message, isRetriable: false)
    }
}
