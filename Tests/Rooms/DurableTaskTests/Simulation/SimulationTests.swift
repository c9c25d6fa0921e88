// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Orchestrations of random shape on a hub whose store fails, delays and crashes: `make simulate` runs any seeds.
@Suite(.timeLimit(.minutes(30)))
struct SimulationTests {
    /// The seeds to run, from the environment: `7` or `0..<100000`.
    private static let seeds: Range<UInt64> = {
        let text = ProcessInfo.processInfo.environment["SIMULATION_SEEDS"] ?? "0..<2000"
        let bounds = text.split(separator: "..<").compactMap { UInt64($0) }
        guard let first = bounds.first, let last = bounds.last else { return 0..<0 }
        return first..<max(first + 1, last)
    }()

    /// As many parts as run beside each other.
    private static let parts: [Range<UInt64>] = {
        let size = max(1, (UInt64(seeds.count) + 7) / 8)
        return stride(from: seeds.lowerBound, to: seeds.upperBound, by: Int(size)).map {
            $0..<min($0 + size, seeds.upperBound)
        }
    }()

    @Test(arguments: parts)
    func whateverGoesWrongTheResultsAreTheSame(_ seeds: Range<UInt64>) {
        for seed in seeds {
            let problems = Simulation.problems(seed: seed)
            if !problems.isEmpty {
                Issue.record("make simulate SEEDS=\(seed)\n\(problems.joined(separator: "\n"))")
            }
        }
    }

    /// Seeds that found something: messages in memory that the next run of a replaced instance heard before its
    /// beginning, and an episode that was stored together with the replacement of its run.
    @Test(arguments: [UInt64(3409), 6760, 7249, 9052, 15838, 18985])
    func whatWentWrongOnceIsRight(_ seed: UInt64) {
        #expect(Simulation.problems(seed: seed) == [])
    }

    @Test(arguments: 0..<100)
    func nothingHappensTwiceWithoutNeed(_ seed: UInt64) {
        #expect(Simulation.problems(seed: seed, isDisturbed: false) == [])
    }
}
