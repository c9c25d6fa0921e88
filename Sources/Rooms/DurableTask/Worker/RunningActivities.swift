// Darkroom
// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The activities that a worker runs, and when something has to happen to them: times in, orders out.
struct RunningActivities {
    /// What is to be done now.
    struct Orders {
        /// Leases to be extended, with the progress that is to be kept.
        var renewals: [ActivityWorkItem] = []
        /// Runs that took too long, with what their callers hear.
        var timeouts: [(run: ActivityRun, failure: TaskFailure)] = []
    }

    private struct Entry {
        let run: ActivityRun
        let begunAt: Date
        var lastBeat: Date
        /// When its lease is extended next.
        var renewAt: Date
        /// When its progress was last sent.
        var reportedAt = Date.distantPast
        /// What it said last and has not been sent.
        var progress: Progress?
        /// The progress that was sent last.
        var item: ActivityWorkItem
    }

    /// A value that is written as JSON once it is sent.
    typealias Progress = @Sendable () -> String?

    private let renewalInterval: Duration
    private let progressInterval: Duration
    private var entries: [Int64: Entry] = [:]

    /// - Parameters:
    ///   - leaseDuration: Leases are extended three times within it.
    ///   - progressInterval: The progress of a run is sent no more often.
    init(leaseDuration: Duration, progressInterval: Duration) {
        renewalInterval = leaseDuration / 3
        self.progressInterval = progressInterval
    }

    /// A run begins.
    ///
    /// - Returns: when something has to happen to it first.
    mutating func begin(_ run: ActivityRun, at now: Date) -> Date {
        let entry = Entry(
            run: run, begunAt: now, lastBeat: now, renewAt: now.adding(renewalInterval), item: run.item)
        entries[run.item.sequence] = entry
        return deadline(of: entry)
    }

    /// A run has ended.
    mutating func end(_ run: ActivityRun) {
        if entries[run.item.sequence]?.run === run { entries[run.item.sequence] = nil }
    }

    /// A run gives a sign of life.
    ///
    /// - Returns: when something has to happen to it next.
    mutating func beat(_ run: ActivityRun, _ progress: Progress?, at now: Date) -> Date {
        guard var entry = entries[run.item.sequence], entry.run === run else { return .distantFuture }
        entry.lastBeat = now
        entry.progress = progress ?? entry.progress
        entries[run.item.sequence] = entry
        return deadline(of: entry)
    }

    /// The run of an item.
    func run(of item: ActivityWorkItem) -> ActivityRun? {
        entries[item.sequence].flatMap { $0.item.lease == item.lease ? $0.run : nil }
    }

    /// When something has to happen; nil while nothing runs.
    var nextDeadline: Date? { entries.values.lazy.map(deadline).min() }

    /// What has to happen now.
    ///
    /// Leases that are due soon are extended along with the first.
    mutating func orders(at now: Date) -> Orders {
        var orders = Orders()
        for (sequence, entry) in entries {
            let call = entry.item.call
            guard let failure = call.overrun(begunAt: entry.begunAt, lastBeat: entry.lastBeat, at: now) else {
                continue
            }
            orders.timeouts.append((entry.run, failure))
            entries[sequence] = nil
        }
        guard entries.values.contains(where: { renewal(of: $0) <= now }) else { return orders }
        let soon = now.adding(renewalInterval / 2)
        for (sequence, entry) in entries where renewal(of: entry) <= now || entry.renewAt <= soon {
            orders.renewals.append(renewed(sequence, entry, at: now))
        }
        return orders
    }

    /// The item of a run that is given back, with the progress that was not sent yet; nil when there is none.
    mutating func unsentProgress(of run: ActivityRun, at now: Date) -> ActivityWorkItem? {
        guard let entry = entries[run.item.sequence], entry.run === run, entry.progress != nil else { return nil }
        return renewed(run.item.sequence, entry, at: now)
    }

    private mutating func renewed(_ sequence: Int64, _ entry: Entry, at now: Date) -> ActivityWorkItem {
        var entry = entry
        if let progress = entry.progress {
            entry.item.progress = progress() ?? entry.item.progress
            entry.progress = nil
            entry.reportedAt = now
        }
        entry.renewAt = now.adding(renewalInterval)
        entries[sequence] = entry
        return entry.item
    }

    private func deadline(of entry: Entry) -> Date {
        let limits = entry.item.call.deadline(begunAt: entry.begunAt, lastBeat: entry.lastBeat)
        return min(renewal(of: entry), limits ?? .distantFuture)
    }

    private func renewal(of entry: Entry) -> Date {
        entry.progress == nil ? entry.renewAt : min(entry.renewAt, entry.reportedAt.adding(progressInterval))
    }
}

extension TaskCall {
    /// When a run is over that does not end and is not heard of before; nil for never.
    ///
    /// - Parameter lastBeat: Its last sign of life; nil when somebody else listens for them.
    package func deadline(begunAt begin: Date, lastBeat: Date?) -> Date? {
        let silence = heartbeatTimeout.flatMap { lastBeat?.adding($0) }
        return [startToClose.map { begin.adding($0) }, silence].compactMap(\.self).min()
    }

    /// What the caller hears of a run that took too long; nil while it has not.
    package func overrun(begunAt begin: Date, lastBeat: Date?, at now: Date) -> TaskFailure? {
        if let limit = startToClose, begin.adding(limit) <= now {
            return .timeout("activity \"\(name)\" ran longer than \(limit)")
        }
        if let limit = heartbeatTimeout, let lastBeat, lastBeat.adding(limit) <= now {
            return .timeout("activity \"\(name)\" gave no sign of life for \(limit)")
        }
        return nil
    }
}

extension TaskFailure {
    /// An activity took longer than its caller allows; another attempt may be faster.
    static func timeout(_ message: String) -> TaskFailure {
        TaskFailure(type: EngineType.timeout, message: message)
    }
}
