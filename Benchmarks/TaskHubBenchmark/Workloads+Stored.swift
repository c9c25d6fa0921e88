// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask

// What is left in the store for another process.
extension Workloads {
    func strand(_ count: Int) async throws -> Answer {
        for number in 0..<count {
            _ = try await hub.start(StartRequest(id: "stranded-\(number)", name: "three, gated", input: "\(number)"))
        }
        while tasks.sightings.withLock({ $0.arrivals }) < count { try await Task.sleep(for: .milliseconds(5)) }
        return Answer(count: count)
    }

    func finish(_ count: Int) async throws -> Answer {
        for number in 0..<count {
            try check(try await hub.waitForCompletion(of: "stranded-\(number)"), number + 3)
        }
        return Answer(count: count)
    }

    func fill(_ count: Int, waiting: Int) async throws -> Answer {
        let begin = ContinuousClock.now
        var rates: [Double] = []
        for tenth in 0..<10 {
            let part = ContinuousClock.now
            let numbers = count * tenth / 10..<count * (tenth + 1) / 10
            try await forEach(numbers) { number in
                let id = "finished-\(number)"
                _ = try await hub.start(StartRequest(id: id, name: "nothing", input: "\(number)"))
                try check(try await hub.waitForCompletion(of: id), number)
            }
            rates.append(Double(numbers.count) / part.age)
        }
        try await forEach(0..<waiting) { number in
            _ = try await hub.start(StartRequest(id: "waiting-\(number)", name: "wait", input: "365"))
        }
        while try await !hub.list(InstanceQuery(statuses: [.pending], limit: 1)).instances.isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        return Answer(count: count + waiting, seconds: begin.age, rates: rates)
    }

    /// Counts orchestrations of three steps that have not ended with their result, and those that did something twice.
    func audit() async throws -> Answer {
        var answer = Answer(count: 0, lost: 0, doubled: 0)
        var query = InstanceQuery(limit: 1_000)
        query.includesPayloads = true
        repeat {
            let page = try await hub.list(query)
            for instance in page.instances {
                let result = instance.input.flatMap { Int($0) }.map { "\($0 + 3)" }
                if instance.status != .completed || instance.output != result { answer.lost? += 1 }
                if try await hub.history(of: instance.id).repeats { answer.doubled? += 1 }
            }
            answer.count? += page.instances.count
            query.after = page.next
        } while query.after != nil
        return answer
    }

    /// Runs `body` for each number, many at once.
    private func forEach(_ numbers: Range<Int>, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let clients = 256
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    let mine = stride(from: numbers.lowerBound + client, to: numbers.upperBound, by: clients)
                    for number in mine { try await body(number) }
                }
            }
            try await group.waitForAll()
        }
    }
}

extension [HistoryEvent] {
    /// Whether an end or the answer of an activity stands there twice.
    fileprivate var repeats: Bool {
        var answered: [Int] = []
        for event in self {
            switch event.kind {
            case .taskCompleted(let id, _), .taskFailed(let id, _): answered.append(id)
            // No activity has the number.
            case .executionCompleted: answered.append(-1)
            default: break
            }
        }
        return Set(answered).count < answered.count
    }
}
