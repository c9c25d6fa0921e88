// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Postgres
import SQL
import Testing

@testable import DurableTask
@testable import TaskHubSQL

/// What members of one hub owe each other.
@Suite(.timeLimit(.minutes(5)))
struct SharedHubTests {
    /// A member that hears of the others by signals alone, unless the test says otherwise.
    private func member(
        of room: PostgresRoom, lease: Duration = .seconds(60), poll: Duration = .seconds(600)
    ) async throws -> EmbeddedTaskHub {
        var configuration = HubConfiguration()
        configuration.membershipDuration = lease
        configuration.leaseDuration = lease
        configuration.fallbackPoll = poll
        return try await .postgres(try await room.open(), configuration: configuration)
    }

    /// Runs `body` while a member without workers lives.
    private func living<Value: Sendable>(
        _ hub: EmbeddedTaskHub, _ body: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    @Test func whatOneMemberStartsAnotherRuns() async throws {
        let room = PostgresRoom()
        let client = try await member(of: room)
        let other = try await member(of: room)
        let registry = TaskRegistry.main { context, input in
            try await context.call(activity: "double", input, as: Int.self)
        }.with("double") { $1 * 2 }
        try await living(client) {
            try await withWorker(other, registry) {
                for number in 0..<20 {
                    let status = try await client.run("run-\(number)", number)
                    #expect(status.output == "\(number * 2)")
                }
            }
        }
    }

    @Test func anEntityIsNotDeletedUnderAMessageThatIsOnItsWay() async throws {
        let room = PostgresRoom()
        let hub = try await member(of: room)
        let sender = try await room.open()
        try await sender.write { connection in
            _ = try connection.execute(
                """
                INSERT INTO hub_instance
                    (id, execution_id, name, status, created_at, updated_at, event_count, byte_count, owner)
                VALUES ('@counter@a', '', 'counter', 'running', 0, 0, 0, 0, 0)
                """)
        }
        let isHeld = Signal()
        async let message: Void = sender.write { connection in
            _ = try connection.query("SELECT 1 FROM hub_instance WHERE id = '@counter@a' FOR KEY SHARE")
            isHeld.send()
            let waiting = """
                SELECT COUNT(*) FROM pg_locks WHERE NOT granted
                    AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())
                """
            while try connection.query(waiting)[0].int(0) == 0 {}
            _ = try connection.execute(
                "INSERT INTO hub_inbox (instance_id, visible_at, event) VALUES ('@counter@a', 0, '{}')")
        }
        await isHeld.wait()
        #expect(try await hub.store.deleteEmptyEntities(["@counter@a"]) == 0)
        try await message
        #expect(try await hub.entity("@counter@a", includesState: false)?.backlog == 1)
    }

    @Test func whatADeadProcessHadInHandIsTakenOverLongBeforeItsMembershipEnds() async throws {
        let room = PostgresRoom()
        let watching = try await room.open()
        let database = try await room.open()
        var configuration = HubConfiguration()
        configuration.membershipDuration = .seconds(600)
        let dying = try await EmbeddedTaskHub.postgres(database, configuration: configuration)
        let registry = TaskRegistry.main { context, input in
            try await context.call(activity: "double", input, as: Int.self)
        }.with("double") { $1 * 2 }
        try await living(dying) {
            try await until {
                try await watching.queryAll([SQLCall("SELECT 1 FROM hub_member WHERE session > 0")])[0].count == 1
            }
            let intake = Intake()
            try await dying.begin("a", "main", 4)
            _ = try #require(try await dying.nextOrchestration(.all, intake))
            database.close()
            let heir = try await member(of: room, lease: .seconds(600))
            try await withWorker(heir, registry) {
                let status = try await heir.waitForCompletion(of: "a")
                #expect(status.output == "8")
            }
        }
    }

    @Test func aSessionThatComesBackEndsNoMembership() {
        let missing = MissingMembers()
        let time = ContinuousClock.now
        #expect(missing.note([1, 2], at: time) == [])
        #expect(missing.note([2], at: time + MissingMembers.grace / 2) == [])
        #expect(missing.note([1, 2], at: time + MissingMembers.grace) == [2])
        #expect(missing.note([1], at: time + MissingMembers.grace * 2) == [1])
    }

    @Test func eventsChildrenAndEntitiesCrossMembers() async throws {
        let room = PostgresRoom()
        let members = [try await member(of: room), try await member(of: room)]
        let client = try await member(of: room)
        var registry = TaskRegistry.main { context, input in
            let number = try await context.event("number", as: Int.self)
            let child = try await context.call(orchestration: "child", number, as: Int.self)
            _ = try await context.call(Counter.add, 1, on: "\(input % 3)")
            return child + input
        }.with("double") { $1 * 2 }
        registry.addOrchestration("child") { (context: OrchestrationContext, input: Int) in
            try await context.call(activity: "double", input, as: Int.self)
        }
        registry.add(Counter.self)
        let tasks = registry
        let ids = (0..<30).map { "run-\($0)" }
        try await living(client) {
            try await withWorker(members[0], tasks) {
                try await withWorker(members[1], tasks) {
                    for (number, id) in ids.enumerated() {
                        let request = StartRequest(id: id, name: "main", input: "\(number)")
                        _ = try await client.start(request)
                        try await client.raiseEvent(
                            SentEvent(instanceID: id, name: "number", input: "\(number)"), ifMissing: .refuse)
                    }
                    for (number, id) in ids.enumerated() {
                        let status = try await client.waitForCompletion(of: id)
                        #expect(status.output == "\(number * 3)", "\(id): \(String(describing: status.failure))")
                    }
                }
            }
        }
        for key in 0..<3 {
            let counter = try await client.entity("@counter@\(key)", includesState: true)
            #expect(counter?.state == #"{"total":10}"#)
        }
    }

    @Test func aSilentMemberLosesWhatItHasAndBeginsAgain() async throws {
        let room = PostgresRoom()
        let silent = try await member(of: room, lease: .milliseconds(300))
        let registry = TaskRegistry.main { context, input in
            try await context.call(activity: "double", input, as: Int.self)
        }.with("double") { $1 * 2 }
        _ = try await silent.start(StartRequest(id: "begun", name: "main", input: "1"))
        let item = try #require(try await silent.nextOrchestration(.all, Intake()))
        let call = OrchestratorAction(id: 0, .scheduleTask(TaskCall(name: "double", input: "1")))
        let turn = OrchestratorTurn(actions: [call])
        let beginning = HistoryPosition.beginning(of: try #require(item.beginsExecution).executionID)
        let position = try await silent.complete(item, with: turn, from: beginning).position
        silent.release(item)
        let task = try #require(try await silent.nextActivity(.all, Intake()))
        let other = try await member(of: room, lease: .milliseconds(300))
        let begun = try await withWorker(other, registry) { try await other.waitForCompletion(of: "begun") }
        #expect(begun.output == "2")
        #expect(try await refusal { try await silent.complete(task, with: .success("7")) } != nil)
        #expect(try await refusal { _ = try await silent.complete(item, with: turn, from: position) } != nil)
        #expect(try await silent.start(StartRequest(id: "later", name: "main", input: "4")) == .created)
        let later = try await withWorker(silent, registry) { try await silent.waitForCompletion(of: "later") }
        #expect(later.output == "8")
        #expect(try await silent.status(of: "begun")?.output == "2")
    }

    @Test func noInstanceIsClaimedByTwo() async throws {
        let room = PostgresRoom()
        let client = try await member(of: room)
        let ids = Set((0..<300).map { "run-\($0)" })
        for id in ids { _ = try await client.start(StartRequest(id: id, name: "main")) }
        let members = [try await member(of: room), try await member(of: room), try await member(of: room)]
        let haul = Haul(of: ids.count, members)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (hub, intake) in zip(members, haul.intakes) {
                group.addTask {
                    while let item = try await hub.nextOrchestration(.all, intake) { haul.take(item.instanceID) }
                }
            }
            try await group.waitForAll()
        }
        #expect(haul.ids.count == ids.count)
        #expect(Set(haul.ids) == ids)
    }

    @Test func terminatingElsewhereCancelsARunningActivity() async throws {
        let room = PostgresRoom()
        let client = try await member(of: room)
        let other = try await member(of: room)
        let (begun, beginning) = AsyncStream<Void>.makeStream()
        let (cancelled, cancelling) = AsyncStream<Void>.makeStream()
        let registry = TaskRegistry.main { context, input in
            try await context.call(activity: "wait", input, as: Int.self)
        }.with("wait") { _, input in
            beginning.yield()
            do { try await Task.sleep(for: .seconds(50)) } catch {
                cancelling.yield()
                throw error
            }
            return input
        }
        try await living(client) {
            try await withWorker(other, registry) {
                _ = try await client.start(StartRequest(id: "a", name: "main", input: "1"))
                for await _ in begun { break }
                try await client.terminate("a", reason: "enough", isRecursive: true)
                #expect(try await client.waitForCompletion(of: "a").status == .terminated)
                for await _ in cancelled { break }
            }
        }
    }

    @Test func manyProcessesMayOpenAnEmptyDatabaseAtOnce() async throws {
        let room = PostgresRoom()
        let outcomes = try await withThrowingTaskGroup(of: StartOutcome.self) { group in
            for _ in 0..<6 {
                group.addTask { try await member(of: room).start(StartRequest(id: "a", name: "main")) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .created } == 1)
    }

    @Test func aNewerSchemaIsRefused() async throws {
        let room = PostgresRoom()
        _ = try await member(of: room)
        let database = try await room.open()
        try await database.write { _ = try $0.execute("UPDATE hub_meta SET schema_version = 99") }
        #expect(try await refusal { _ = try await member(of: room) } == .newerSchema)
    }

    @Test func cutConnectionsLoseNothingAndDoubleNothing() async throws {
        let room = PostgresRoom()
        let members = [
            try await member(of: room, lease: .seconds(5), poll: .milliseconds(200)),
            try await member(of: room, lease: .seconds(5), poll: .milliseconds(200)),
        ]
        let registry = TaskRegistry.main { context, input in
            let first = try await context.call(activity: "add", input, as: Int.self)
            try await context.sleep(for: .milliseconds(5))
            return try await context.call(activity: "add", first, as: Int.self)
        }.with("add") { $1 + 1 }
        try await withWorker(members[0], registry) {
            try await withWorker(members[1], registry) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<120 {
                        let hub = members[number % 2]
                        group.addTask { try await finish("run-\(number)", number, on: hub) }
                    }
                    for finished in 1...80 {
                        try await group.next()
                        if finished.isMultiple(of: 20) { try await room.cut() }
                    }
                    try await group.waitForAll()
                }
            }
        }
        for number in 0..<120 {
            let kinds = try await members[0].history(of: "run-\(number)").map(\.kind)
            // After a commit whose outcome was unknown an answer may stand there twice; the first one counts.
            let answered = kinds.compactMap { if case .taskCompleted(let id, _) = $0 { id } else { nil } }
            #expect(Set(answered).count == 2)
            #expect(kinds.count { if case .executionCompleted = $0 { true } else { false } } == 1)
        }
    }

    /// Runs an instance to its end as a client does that asks again when the database is away.
    private func finish(_ id: String, _ input: Int, on hub: EmbeddedTaskHub) async throws {
        while true {
            do {
                let status = try await hub.run(id, input)
                return #expect(status.output == "\(input + 2)")
            } catch let error as SQLError where error.isRetriable {
                continue
            }
        }
    }
}

/// An entity that adds up, in a hub that is shared.
struct Counter: Entity {
    static let name = "counter"
    static let add = Operation<Int, Int>("add") { counter, amount, _ in
        counter.total += amount
        return counter.total
    }
    static let operations = Operations(add)

    var total = 0
}

/// What members took, until they have as much as was expected.
private final class Haul: Sendable {
    let intakes: [Intake]
    private let members: [EmbeddedTaskHub]
    private let expected: Int
    private let taken = Lock<[String]>([])

    init(of expected: Int, _ members: [EmbeddedTaskHub]) {
        self.expected = expected
        self.members = members
        intakes = members.map { _ in Intake() }
    }

    var ids: [String] { taken.withLock { $0 } }

    func take(_ id: String) {
        let count = taken.withLock { taken in
            taken.append(id)
            return taken.count
        }
        guard count == expected else { return }
        for (member, intake) in zip(members, intakes) { member.close(intake) }
    }
}
