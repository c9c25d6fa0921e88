// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Foundation
import SQL
import Testing

/// What became of the runs while something was killed again and again.
struct CrashReport {
    /// What is killed, and so what may happen twice.
    enum Victim: String {
        case process = "a process on SQLite"
        case member = "processes that share a PostgreSQL hub"
        case server = "PostgreSQL under two processes"
    }

    let victim: Victim
    let scale: CrashScale
    let seed: UInt64
    private let begin = ContinuousClock.now
    private(set) var kills = 0
    /// What should have happened and did not.
    private var lost: [String] = []
    /// What happened again though it was known to have happened.
    private var doubled: [String] = []
    /// How many effects happened again since nobody knew of them: a kill came between them and the next commit.
    private var repeated = 0
    /// How many processes were so slow, or so long without the server, that others took them for dead.
    private var missed = 0

    init(_ victim: Victim, _ scale: CrashScale, seed: UInt64) {
        self.victim = victim
        self.scale = scale
        self.seed = seed
    }

    /// Another kill; tells who waits how far it is.
    mutating func countKill() {
        kills += 1
        if kills.isMultiple(of: 10) { say("\(kills) of \(scale.kills) kills") }
    }

    /// Looks at what was said in all lives, which are in order if one process lived after the other.
    mutating func check(_ lives: [CrashHost.Life]) {
        for life in lives where !life.wasMissed && Set(life.effects).count < life.effects.count {
            doubled.append("an activity ran twice in one life")
        }
        missed = lives.count(where: \.wasMissed)
        let effects = lives.flatMap(\.effects)
        repeated = effects.count - Set(effects).count
        if victim == .process { checkOrder(effects) }
        let steps = Dictionary(grouping: effects, by: \.instance).mapValues { Set($0.map(\.step)) }
        for number in 0..<scale.runs where steps["run-\(number)"] != [1, 2, 3] {
            lost.append("run-\(number) did only \(steps["run-\(number)", default: []].sorted())")
        }
    }

    /// What the history has recorded does not happen again.
    private mutating func checkOrder(_ effects: [CrashHost.Effect]) {
        var furthest: [Substring: Int] = [:]
        for effect in effects {
            let step = furthest[effect.instance, default: 0]
            if effect.step < step { doubled.append("\(effect) ran again though a later step had begun") }
            furthest[effect.instance] = max(step, effect.step)
        }
    }

    /// Looks at what is stored.
    mutating func check(_ hub: EmbeddedTaskHub, in database: any SQLDatabase) async throws {
        for number in 0..<scale.runs {
            let id = "run-\(number)"
            let output = try await hub.status(of: id)?.output
            if output != "\(number * 1_000 + 8)" { lost.append("\(id) has the result \(output ?? "none")") }
            check(id, try await hub.history(of: id).map(\.kind))
        }
        let leftovers = try await database.read { connection in
            try connection.query("SELECT (SELECT COUNT(*) FROM hub_inbox) + (SELECT COUNT(*) FROM hub_task)")
        }
        if let count = leftovers.first?.int(0), count > 0 { lost.append("\(count) messages nobody wants") }
    }

    private mutating func check(_ id: String, _ history: [HistoryEvent.Kind]) {
        var answered: [Int] = []
        var ends = 0
        for kind in history {
            switch kind {
            case .taskCompleted(let id, _), .taskFailed(let id, _), .timerFired(let id, _): answered.append(id)
            case .executionCompleted: ends += 1
            default: break
            }
        }
        if ends == 0 { lost.append("\(id) has not ended") }
        if ends > 1 { doubled.append("\(id) ended \(ends) times") }
        // After a commit whose outcome was unknown an answer may stand there twice; the first one counts.
        if victim != .server, Set(answered).count < answered.count {
            doubled.append("\(id) heard an answer twice")
        }
    }

    /// Says how it went, and fails the test if anything was lost or done twice.
    func conclude() {
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        say(
            "\(kills) kills, \(scale.runs) runs: \(lost.count) lost, \(doubled.count) doubled, "
                + "\(repeated) effects repeated that a kill cut off, \(missed) processes taken for dead, "
                + "\(Int(seconds)) s")
        for (what, list) in [("lost", lost), ("doubled", doubled)] where !list.isEmpty {
            Issue.record("seed \(seed), \(what): \(list.prefix(20).joined(separator: "; "))")
        }
    }

    private func say(_ words: String) {
        guard CrashScale.isLong else { return }
        print("killing \(victim.rawValue), seed \(seed): \(words)")
        fflush(nil)
    }
}
