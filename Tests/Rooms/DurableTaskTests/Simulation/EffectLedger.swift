// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask

/// Counts the runs of activities, and knows which of their results are stored.
///
/// The result of an instance that may be rewound counts once it is in the history: one that came too late for that is
/// not heard, and its activity runs again. An instance that is replaced does everything again.
final class EffectLedger: Sendable {
    private struct TaskKey: Hashable {
        let instance: String
        let id: Int
    }

    private struct State {
        var names: [Int64: String] = [:]
        var namesInHistory: [TaskKey: String] = [:]
        var runs: [String: Int] = [:]
        var stored: Set<String> = []
        var violations: [String] = []

        mutating func note(_ chunk: HistoryChunk) {
            for event in (try? HistoryText.decode(chunk.events)) ?? [] {
                guard case .taskCompleted(let id, _) = event.kind else { continue }
                namesInHistory[TaskKey(instance: chunk.id, id: id)].map { _ = stored.insert($0) }
            }
        }
    }

    private let state = Lock(State())

    /// The name of an effect: what was called, and which attempt it is.
    static func name(_ input: String?, _ attempt: Int) -> String { "\(input ?? "")#\(attempt)" }

    /// An activity runs.
    func run(_ name: String) {
        state.withLock { state in
            state.runs[name, default: 0] += 1
            if state.stored.contains(name) { state.violations.append("\(name) ran after its result was stored") }
        }
    }

    /// A commit was stored.
    func note(_ changes: HubChanges, _ receipt: HubReceipt) {
        state.withLock { state in
            for (task, row) in zip(changes.tasks, receipt.tasks) {
                let (id, name) = (task.execution.instanceID, Self.name(task.call.input, task.call.attempt))
                if id.hasPrefix(Simulation.mended) {
                    state.namesInHistory[TaskKey(instance: id, id: task.id)] = name
                } else if !id.hasPrefix(Simulation.replaced) {
                    state.names[row] = name
                }
            }
            for row in changes.finishedTasks { state.names[row].map { _ = state.stored.insert($0) } }
            for chunk in changes.history where chunk.id.hasPrefix(Simulation.mended) { state.note(chunk) }
        }
    }

    /// How often each effect happened.
    var runs: [String: Int] { state.withLock { $0.runs } }
    var violations: [String] { state.withLock { $0.violations } }
}
