// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// How much a crash test runs and kills: a little, or as much as the environment says, as `make crash-engine` does.
struct CrashScale: Sendable {
    /// How many orchestrations run.
    var runs: Int
    /// How many times a process, or the database server, is killed.
    var kills: Int

    init(runs: Int, kills: Int) {
        self.runs = Self.number("CRASH_RUNS") ?? runs
        self.kills = Self.number("CRASH_KILLS") ?? kills
    }

    /// What the moments of the kills are drawn from.
    static let seeds: [UInt64] = number("CRASH_SEED").map { [UInt64($0)] } ?? [1, 2]

    /// Whether somebody watches a test that takes long.
    static let isLong = number("CRASH_RUNS") != nil

    static let timeLimit = TimeLimitTrait.Duration.minutes(isLong ? 60 : 2)

    /// After how many effects a process is killed: at random, so that the kills fall into the work of all runs.
    func patience(_ seed: inout CrashSeed) -> Int { seed.next(below: max(2, 6 * runs / kills)) }

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }
}

/// Numbers that a seed gives.
struct CrashSeed {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
