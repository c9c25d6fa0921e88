// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import Foundation
import Testing

/// What programs do with a hub, told with orchestrations of the house; each story runs against every hub elsewhere.
struct Stories {
    let hub: any TaskHub
    /// Makes the ids of a run of the tests unlike those of another.
    let mark = UUID().uuidString.lowercased()

    /// The tasks of the stories.
    static var registry: TaskRegistry {
        var registry = TaskRegistry()
        registry.addActivity("double") { (_, number: Int) in number * 2 }
        registry.addActivity("stumble") { (context, times: Int) -> Int in
            if context.attempt <= times { throw TaskFailure(type: "Stumbled", message: "attempt \(context.attempt)") }
            return context.attempt
        }
        registry.addActivity("refuse") { (_, _: Nothing) -> Nothing in
            throw TaskFailure(type: "Refused", message: "no", details: ["code": "7"], isRetriable: false)
        }
        let broken = Mark()
        registry.addActivity("fragile") { (context, number: Int) -> Int in
            if broken.isFirst(context.instanceID) { throw TaskFailure(type: "Broken", message: "not yet") }
            return number + 1
        }
        addOrchestrations(to: &registry)
        registry.add(Tally.self)
        return registry
    }

    private static func addOrchestrations(to registry: inout TaskRegistry) {
        registry.addOrchestration("sequence") { (context, number: Int) -> Int in
            let doubled = try await context.call(activity: "double", number, as: Int.self)
            return try await context.call(activity: "double", doubled, as: Int.self)
        }
        registry.addOrchestration("fan") { (context, width: Int) -> Int in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<width {
                    group.addTask { try await context.call(activity: "double", number, as: Int.self) }
                }
                return try await group.reduce(0, +)
            }
        }
        registry.addOrchestration("patient") { (context, times: Int) -> Bool in
            let retry = RetryPolicy(maximumAttempts: 4, firstDelay: .milliseconds(10))
            _ = try? await context.call(activity: "stumble", times, as: Int.self, retry: retry)
            return true
        }
        registry.addOrchestration("refused") { (context, _: Nothing) -> Nothing in
            try await context.call(activity: "refuse", Nothing(), as: Nothing.self)
        }
        registry.addOrchestration("parent") { (context, number: Int) -> Int in
            try await context.call(orchestration: "sequence", number, as: Int.self)
        }
        registry.addOrchestration("nap") { (context, milliseconds: Int) -> Bool in
            let begin = context.now
            try await context.sleep(for: .milliseconds(milliseconds))
            return (context.now.timeIntervalSince(begin) * 1_000).rounded() >= Double(milliseconds)
        }
        registry.addOrchestration("listener") { (context, count: Int) -> [String] in
            var heard: [String] = []
            for _ in 0..<count { heard.append(try await context.event("Word", as: String.self)) }
            return heard
        }
        registry.addOrchestration("countdown") { (context, number: Int) -> [String] in
            try context.setCustomStatus("at \(number)")
            _ = try await context.call(activity: "double", number, as: Int.self)
            if number > 0 { throw context.continueAsNew(number - 1) }
            return ["\(context.newUUID())"]
        }
        registry.addOrchestration("keeper") { (context, key: String) -> [Int] in
            let tally = Tally.id(key)
            try await context.signal(tally, "add", 5)
            let first = try await context.call(tally, "add", 10, as: Int.self)
            let second = try await context.lock(tally) { try await context.call(tally, "add", 1, as: Int.self) }
            return [first, second]
        }
        registry.addOrchestration("mended") { (context, number: Int) -> Int in
            let doubled = try await context.call(activity: "double", number, as: Int.self)
            return try await context.call(activity: "fragile", doubled, as: Int.self)
        }
        registry.addOrchestration("patched") { (context, _: Nothing) -> Bool in context.patched("change") }
    }

    /// Starts an instance and waits for its end.
    func run(_ name: String, _ input: some Encodable, _ id: String? = nil) async throws -> InstanceStatus {
        let id = "\(mark)-\(id ?? name)"
        let request = StartRequest(id: id, name: name, input: try Payload.encode(input))
        #expect(try await hub.start(request) == .created)
        return try await hub.waitForCompletion(of: id)
    }

    func output(_ name: String, _ input: some Encodable, _ id: String? = nil) async throws -> String? {
        let status = try await run(name, input, id)
        #expect(status.status == .completed, "\(status)")
        return status.output
    }
}

/// Remembers what it was shown.
private final class Mark: Sendable {
    private let seen = Lock<Set<String>>([])

    func isFirst(_ text: String) -> Bool { seen.withLock { $0.insert(text).inserted } }
}

/// An entity that counts.
struct Tally: Entity {
    static let name = "tally"
    var total = 0

    static let add = Operation<Int, Int>("add") { tally, amount, _ in
        tally.total += amount
        return tally.total
    }
    static let operations = Operations(add)
}

// The stories.
extension Stories {
    func activitiesChildrenAndTimers() async throws {
        #expect(try await output("sequence", 5) == "20")
        #expect(try await output("fan", 20) == "380")
        #expect(try await output("parent", 3) == "12")
        #expect(try await output("nap", 50) == "true")
        #expect(try await output("patient", 2) == "true")
    }

    func failuresKeepTheirParts() async throws {
        let status = try await run("refused", Nothing())
        #expect(status.status == .failed)
        #expect(status.failure?.type == "Refused")
        #expect(status.failure?.details["code"] == "7")
        #expect(status.failure?.isRetriable == false)
        let unknown = try await run("no such orchestration", Nothing())
        #expect(unknown.failure?.type == TaskFailure.EngineType.orchestrationNotFound)
    }

    func eventsAndStatuses() async throws {
        let id = "\(mark)-listener"
        _ = try await hub.start(StartRequest(id: id, name: "listener", input: "2"))
        #expect(try await hub.start(StartRequest(id: id, name: "listener", input: "2")) == .existing)
        _ = try await hub.waitForStart(of: id)
        try await hub.raiseEvent("WORD", "one", to: id)
        try await hub.suspend(id, reason: "pause")
        try await eventually { try await hub.status(of: id)?.status == .suspended }
        try await hub.raiseEvent("word", "two", to: id)
        try await hub.resume(id, reason: nil)
        #expect(try await hub.waitForCompletion(of: id).output == #"["one","two"]"#)
        await #expect(throws: TaskHubError.self) { try await hub.raiseEvent("word", "x", to: "\(mark)-nobody") }
        #expect(try await hub.status(of: "\(mark)-nobody") == nil)
    }

    func rounds() async throws {
        let status = try await run("countdown", 3)
        #expect(status.status == .completed, "\(status)")
        #expect(status.customStatus == "\"at 0\"")
    }

    func endsFromOutside() async throws {
        let id = "\(mark)-terminated"
        _ = try await hub.start(StartRequest(id: id, name: "listener", input: "1"))
        _ = try await hub.waitForStart(of: id)
        try await hub.terminate(id, reason: "enough")
        let status = try await hub.waitForCompletion(of: id)
        #expect(status.status == .terminated)
        #expect(status.output == "\"enough\"")
    }

    func secondRuns() async throws {
        #expect(try await output("sequence", 7, "again") == "28")
        let id = "\(mark)-again"
        try await hub.restart(id)
        #expect(try await hub.waitForCompletion(of: id).output == "28")
        #expect(try await hub.restart(id, as: "\(id)-2") == .created)
        #expect(try await hub.waitForCompletion(of: "\(id)-2").output == "28")
        #expect(try await hub.purge(id, isRecursive: false) == 1)
        #expect(try await hub.status(of: id) == nil)
    }

    func secondTries() async throws {
        let failed = try await run("mended", 4)
        #expect(failed.failure?.type == "Broken")
        try await hub.rewind("\(mark)-mended", reason: "mended")
        try await eventually { try await hub.status(of: "\(mark)-mended")?.status == .completed }
        #expect(try await hub.status(of: "\(mark)-mended")?.output == "9")
    }

    func listsAndHistories() async throws {
        for number in 0..<5 { _ = try await run("sequence", number, "list-\(number)") }
        var query = InstanceQuery(statuses: [.completed], idPrefix: "\(mark)-list-", limit: 2)
        query.includesPayloads = true
        var found: [String] = []
        repeat {
            let page = try await hub.list(query)
            found += page.instances.map { "\($0.id)=\($0.output ?? "")" }
            query.after = page.next
        } while query.after != nil
        #expect(found.sorted() == (0..<5).map { "\(mark)-list-\($0)=\(4 * $0)" })
        let history = try await hub.history(of: "\(mark)-list-1").map(\.kind)
        #expect(history.count { if case .taskCompleted = $0 { true } else { false } } == 2)
    }

    func entities() async throws {
        let output = try await output("keeper", "\(mark)")
        #expect(output == "[15,16]")
        let status = try await hub.entity("@tally@\(mark)", includesState: true)
        #expect(status?.state == #"{"total":16}"#)
        try await hub.signal(EntityOperation(requestID: mark, operation: "add", input: "4", target: "@tally@\(mark)"))
        try await eventually {
            try await hub.entity("@tally@\(mark)", includesState: true)?.state == #"{"total":20}"#
        }
    }
}
