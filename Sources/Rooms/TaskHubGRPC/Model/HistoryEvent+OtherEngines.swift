// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

extension [HistoryEvent] {
    /// The history as the protocol wants it after a rewinding, for workers of other makes.
    ///
    /// Our engine leaves the calls that were not answered before a rewinding where they were, and asks for them again
    /// when it meets the rewinding. Others ask again for what the history does not have.
    func forOtherEngines() -> [HistoryEvent] {
        guard let last = lastIndex(where: \.kind.isRewinding) else { return self }
        var answers: Set<Call> = []
        var dropped: Set<Int> = []
        var calls: [(index: Int, call: Call)] = []
        for (index, event) in self[...last].enumerated() {
            if let call = event.asks { calls.append((index, call)) }
            if let call = event.kind.answers { answers.insert(call) }
            guard event.kind.isRewinding else { continue }
            dropped.formUnion(calls.filter { !answers.contains($0.call) }.map(\.index))
            calls = []
        }
        return enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    }
}

/// Something that was asked for.
private enum Call: Hashable {
    case task(Int)
    case operation(String)
    case lock(String)
}

extension HistoryEvent {
    fileprivate var asks: Call? {
        switch kind {
        case .taskScheduled: .task(id)
        case .entityOperationCalled(let operation): .operation(operation.requestID)
        case .entityLockRequested(let request): .lock(request.criticalSectionID)
        default: nil
        }
    }
}

extension HistoryEvent.Kind {
    fileprivate var isRewinding: Bool {
        if case .executionRewound = self { return true }
        return false
    }

    fileprivate var answers: Call? {
        switch self {
        case .taskCompleted(let id, _), .taskFailed(let id, _): .task(id)
        case .entityOperationCompleted(let id, _), .entityOperationFailed(let id, _): .operation(id)
        case .entityLockGranted(let id): .lock(id)
        default: nil
        }
    }
}
