// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials

/// The workloads on one hub.
struct Workloads {
    /// An orchestration ended otherwise than it must.
    struct WrongEnd: Error {
        let status: InstanceStatus
    }

    let hub: EmbeddedTaskHub
    let tasks: BenchmarkTasks
    /// Keeps the ids of this process apart from those of earlier ones on the same store.
    private let session = UUID().uuidString

    init(hub: EmbeddedTaskHub, tasks: BenchmarkTasks) {
        self.hub = hub
        self.tasks = tasks
    }

    func run(_ command: Command) async throws -> Answer {
        let count = command.count ?? 0
        return switch command.run {
        case .steps: try await steps(command)
        case .alone: try await alone(count)
        case .fanOut: try await fanOut(for: command.seconds ?? 1, width: command.width ?? 1)
        case .strand: try await strand(count)
        case .finish: try await finish(count)
        case .fill: try await fill(count, waiting: command.waiting ?? 0)
        case .audit: try await audit()
        }
    }

    private func steps(_ command: Command) async throws -> Answer {
        let (name, seconds) = (command.orchestration ?? "three", command.seconds ?? 1)
        let run = UUID().uuidString
        let begin = ContinuousClock.now
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for client in 0..<(command.clients ?? 1) {
                group.addTask {
                    var latencies: [Double] = []
                    while begin.age < seconds {
                        let number = latencies.count
                        latencies.append(
                            try await time(name, number, expecting: number + 3, id: "\(run)-\(client)-\(number)"))
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return Answer(count: latencies.count, seconds: begin.age, latencies: latencies)
    }

    private func alone(_ count: Int) async throws -> Answer {
        var answer = Answer(count: count, latencies: [], firstSteps: [])
        for number in 0..<count {
            try await Task.sleep(for: .milliseconds(20))
            let id = "\(BenchmarkTasks.watched)\(session)-\(number)"
            let begin = ContinuousClock.now
            answer.latencies?.append(try await time("three", number, expecting: number + 3, id: id))
            if let first = tasks.sightings.withLock({ $0.firstSteps.removeValue(forKey: id) }) {
                answer.firstSteps?.append((first - begin) / .seconds(1))
            }
        }
        return answer
    }

    private func fanOut(for seconds: Double, width: Int) async throws -> Answer {
        let run = UUID().uuidString
        let begin = ContinuousClock.now
        var latencies: [Double] = []
        repeat {
            latencies.append(
                try await time("wide", width, expecting: width * (width + 1) / 2, id: "\(run)-\(latencies.count)"))
        } while begin.age < seconds
        return Answer(count: latencies.count, seconds: begin.age, latencies: latencies)
    }

    /// How long an orchestration takes from its start to its end.
    private func time(_ name: String, _ input: Int, expecting output: Int, id: String) async throws -> Double {
        let begin = ContinuousClock.now
        _ = try await hub.start(StartRequest(id: id, name: name, input: "\(input)"))
        try check(try await hub.waitForCompletion(of: id), output)
        return begin.age
    }

    func check(_ status: InstanceStatus, _ output: Int) throws {
        guard status.status == .completed, status.output == "\(output)" else { throw WrongEnd(status: status) }
    }
}

extension ContinuousClock.Instant {
    /// Seconds since then.
    var age: Double { (ContinuousClock.now - self) / .seconds(1) }
}
