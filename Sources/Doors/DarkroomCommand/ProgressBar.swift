// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Darkroom

/// Progress of long work, redrawn in one line of a terminal and silent in a pipe.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var doneBytes: Int64 = 0
        var label = ""
        var lastDrawn: ContinuousClock.Instant?
    }

    private let total: Int
    private let totalBytes: Int64
    private let isVisible: Bool
    private let started = ContinuousClock.now
    private let state = Lock(State())

    init(total: Int, bytes: Int64, quiet: Bool) {
        self.total = total
        totalBytes = bytes
        isVisible = !quiet && standardErrorIsTerminal
    }

    /// Counts a finished item and bytes, and names what is at hand.
    func advance(items: Int = 0, bytes: Int64 = 0, label: String) {
        let line = state.withLock { state -> String? in
            state.done += items
            state.doneBytes += bytes
            state.label = label
            let now = ContinuousClock.now
            // Ten times a second is as fast as anybody reads.
            if let last = state.lastDrawn, now - last < .milliseconds(100), state.done < total { return nil }
            state.lastDrawn = now
            return draw(state)
        }
        if let line, isVisible { writeToStandardError("\r\u{1b}[2K\(line)") }
    }

    /// Clears the line, so that what is printed next starts clean.
    func finish() {
        if isVisible { writeToStandardError("\r\u{1b}[2K") }
    }

    private func draw(_ state: State) -> String {
        let share = totalBytes > 0 ? Double(state.doneBytes) / Double(totalBytes) : 1
        let cells = 24
        let filled = min(cells, Int(share * Double(cells)))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
        let seconds = Double((ContinuousClock.now - started) / .milliseconds(1)) / 1000
        let rate = seconds > 0 ? Int64(Double(state.doneBytes) / seconds) : 0
        let figures = "\(state.done)/\(total)  \(formatBytes(state.doneBytes))  \(formatBytes(rate))/s"
        return String("\(bar) \(figures)  \(state.label)".prefix(terminalColumns - 1))
    }
}
