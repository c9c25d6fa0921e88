// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Testing

@testable import DurableTask

/// The entity behind a schedule, run by hand against a clock.
struct ScheduleEntityTests {
    /// An entity, its state, and the signals that are on their way to it.
    private struct Keeper {
        let clock = VirtualHubClock(startingAt: Date(timeIntervalSince1970: 1_767_225_600))
        let runner: EntityRunner
        var state: String?
        var signals: [EntityOperation] = []
        var starts: [StartRequest] = []
        private var requests = 0

        init() {
            var registry = TaskRegistry()
            registry.addSchedules()
            runner = EntityRunner(registry, clock: clock)
        }

        mutating func ask(_ operation: String, _ input: String? = nil) async throws -> String? {
            requests += 1
            let request = EntityOperation(
                requestID: "r\(requests)", operation: operation, input: input, target: "@schedule@nightly")
            return try await run(request).get()
        }

        private mutating func run(_ request: EntityOperation) async throws -> Result<String?, TaskFailure> {
            let item = EntityWorkItem(instanceID: "@schedule@nightly", state: state, operations: [request])
            let turn = await runner.run(item)
            state = turn.state
            for effect in turn.effects {
                switch effect {
                case .signal(let signal): signals.append(signal)
                case .start(let start): starts.append(start)
                }
            }
            return try #require(turn.results.first)
        }

        /// Lets time pass, delivering signals when they are due.
        mutating func pass(_ duration: Duration) async throws {
            let end = clock.now.adding(duration)
            while let index = signals.indices.min(by: { due(signals[$0]) < due(signals[$1]) }),
                due(signals[index]) <= end
            {
                let signal = signals.remove(at: index)
                clock.idle(until: due(signal))
                _ = try await run(signal).get()
            }
            clock.idle(until: end)
        }

        /// Lets time pass while nobody delivers anything.
        func sleep(_ duration: Duration) { clock.advance(by: duration) }

        private func due(_ signal: EntityOperation) -> Date { signal.scheduledTime ?? clock.now }

        func decoded() throws -> ScheduleState {
            try Payload.decode(ScheduleState.self, from: state, what: "the state")
        }

        func runs() -> [String] { starts.map { String($0.id.dropFirst("nightly:2026-01-01T".count)) } }
    }

    private let hourly =
        #"{"orchestration_name":"report","orchestration_input":{"b":[1,2.5,null],"a":"x"},"cron":"@hourly"}"#

    @Test func everyRunIsStartedOnceAtItsTime() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask("create_schedule", hourly)
        try await keeper.pass(.seconds(3 * 3600 + 1))
        #expect(keeper.runs() == ["01:00:00Z", "02:00:00Z", "03:00:00Z"])
        #expect(keeper.starts.first?.name == "report")
        #expect(keeper.starts.first?.input == #"{"a":"x","b":[1,2.5,null]}"#)
        let state = try keeper.decoded()
        #expect(state.status == .active)
        #expect(state.nextRunAt?.scheduleText == "2026-01-01T04:00:00Z")
        #expect(state.lastRunAt?.scheduleText == "2026-01-01T03:00:00Z")
    }

    @Test func aPausedScheduleRestsAndTheOldSignalMeansNothing() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask("create_schedule", hourly)
        _ = try await keeper.ask("pause_schedule")
        try await keeper.pass(.seconds(7_200))
        #expect(keeper.starts.isEmpty)
        _ = try await keeper.ask("resume_schedule", "null")
        try await keeper.pass(.seconds(3_600))
        #expect(keeper.runs() == ["03:00:00Z"])
    }

    @Test func aScheduleThatIsCreatedAgainStartsNothingTwice() async throws {
        var keeper = Keeper()
        for _ in 1...3 { _ = try await keeper.ask("create_schedule", hourly) }
        try await keeper.pass(.seconds(7_200))
        #expect(keeper.runs() == ["01:00:00Z", "02:00:00Z"])
    }

    @Test func changesHoldFromTheNextRunOn() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask("create_schedule", hourly)
        _ = try await keeper.ask(
            "update_schedule", #"{"cron":"30 * * * *","time_zone":"Asia/Kolkata","tags":{"a":"b"}}"#)
        try await keeper.pass(.seconds(7_200))
        #expect(keeper.runs() == ["01:00:00Z", "02:00:00Z"])
        #expect(keeper.starts.last?.tags == ["a": "b"])
        _ = try await keeper.ask("replace_schedule", #"{"orchestration_name":"other","interval_seconds":5400}"#)
        try await keeper.pass(.seconds(7_200))
        #expect(keeper.starts.last?.name == "other")
        #expect(keeper.starts.last?.tags == [:])
        #expect(keeper.runs().last == "03:00:00Z")
    }

    @Test func triggersStartAtOnceAndChangeNothingElse() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask("create_schedule", hourly)
        let before = keeper.state
        keeper.sleep(.seconds(90))
        let id = try await keeper.ask("trigger_schedule")
        #expect(id == #""nightly:2026-01-01T00:01:30Z""#)
        #expect(keeper.runs() == ["00:01:30Z"])
        #expect(keeper.state == before)
    }

    @Test func anIntervalThatIsLateStartsAtOnceWhenAsked() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask(
            "create_schedule",
            """
            {"schedule_id":"nightly","orchestration_name":"report","interval_seconds":600.0,"orchestration_input":null,
            "orchestration_instance_id":null,"start_at":"2025-12-31T23:55:00.123456+00:00","end_at":null,
            "start_immediately_if_late":true}
            """)
        try await keeper.pass(.seconds(900))
        #expect(keeper.runs() == ["00:00:00Z", "00:05:00.123Z"])
        #expect(keeper.starts.first?.input == nil)
    }

    @Test func aScheduleEndsByDeletingItself() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask(
            "create_schedule",
            #"{"orchestration_name":"report","interval_seconds":60,"end_at":"2026-01-01T00:02:30Z"}"#)
        try await keeper.pass(.seconds(600))
        #expect(keeper.runs() == ["00:01:00Z", "00:02:00Z"])
        #expect(keeper.state == nil)
        #expect(keeper.signals.isEmpty)
    }

    @Test func aDeletedScheduleStaysAway() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask("create_schedule", hourly)
        _ = try await keeper.ask("delete")
        try await keeper.pass(.seconds(7_200))
        #expect(keeper.starts.isEmpty)
        #expect(keeper.state == nil)
    }

    @Test func whatWasMissedIsMadeUpForByItsPolicy() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask(
            "create_schedule",
            #"{"orchestration_name":"report","cron":"@hourly","missed_runs":"all","catch_up_limit":2}"#)
        keeper.sleep(.seconds(5 * 3600 + 60))
        try await keeper.pass(.zero)
        #expect(keeper.runs() == ["04:00:00Z", "05:00:00Z"])
        #expect(try keeper.decoded().nextRunAt?.scheduleText == "2026-01-01T06:00:00Z")
    }

    @Test(
        arguments: [
            ("create_schedule", "{}"), ("create_schedule", #"{"orchestration_name":"a"}"#),
            ("create_schedule", #"{"orchestration_name":"a","interval_seconds":0.5}"#),
            ("create_schedule", #"{"orchestration_name":"a","interval_seconds":5,"cron":"@daily"}"#),
            ("create_schedule", #"{"orchestration_name":"a","cron":"a b"}"#),
            ("create_schedule", #"{"orchestration_name":"a","cron":"@daily","time_zone":"Mars/Olympus"}"#),
            ("create_schedule", #"{"orchestration_name":"a","cron":"@daily","end_at":"2026-01-01T10:00:00Z"}"#),
            ("pause_schedule", nil), ("resume_schedule", nil), ("trigger_schedule", nil), ("update_schedule", "{}"),
        ] as [(String, String?)])
    func whatMakesNoSenseIsRefused(_ operation: String, _ input: String?) async throws {
        var keeper = Keeper()
        await #expect(throws: TaskFailure.self) { try await keeper.ask(operation, input) }
        #expect(keeper.signals.isEmpty)
        #expect(keeper.starts.isEmpty)
    }

    @Test func theStateIsThatOfTheSDKs() async throws {
        var keeper = Keeper()
        _ = try await keeper.ask(
            "create_schedule", #"{"orchestration_name":"report","orchestration_input":[1],"interval_seconds":93784.5}"#)
        #expect(
            keeper.state == """
                {"ExecutionToken":"r1","NextRunAt":"2026-01-02T02:03:04.500Z","ScheduleConfiguration":\
                {"Interval":"1.02:03:04.5000000","OrchestrationInput":"[1]","OrchestrationName":"report",\
                "ScheduleId":"nightly","StartImmediatelyIfLate":false},"ScheduleCreatedAt":"2026-01-01T00:00:00.000Z",\
                "ScheduleLastModifiedAt":"2026-01-01T00:00:00.000Z","Status":1}
                """)
        let state = try keeper.decoded()
        #expect(state.configuration?.schedule.times == .every(.milliseconds(93_784_500)))
        #expect(try Payload.encode(state) == keeper.state)
    }

    @Test(
        arguments: [
            Schedule("a", .every(.seconds(1))),
            {
                var schedule = Schedule("a", input: #"{"a":1}"#, .every(.milliseconds(86_400_001)))
                schedule.missedRuns = .skip(laterThan: .seconds(5))
                schedule.startAt = Date(timeIntervalSince1970: 1_700_000_000)
                schedule.endAt = Date(timeIntervalSince1970: 1_800_000_000)
                schedule.startsImmediatelyIfLate = true
                schedule.version = "1.2"
                schedule.tags = ["a": "b"]
                return schedule
            }(),
            {
                var schedule = Schedule("a", .every(.seconds(3)))
                schedule.missedRuns = .catchUp(limit: 7)
                schedule.instanceID = "one"
                return schedule
            }(),
        ])
    func schedulesSurviveTheirTexts(_ schedule: Schedule) throws {
        let configuration = ScheduleState.Configuration(id: "x", schedule: schedule)
        let stored = try Payload.encode(configuration)
        #expect(try Payload.decode(ScheduleState.Configuration.self, from: stored, what: "") == configuration)
        let sent = try Payload.encode(ScheduleOptions(id: "x", schedule))
        #expect(try Payload.decode(ScheduleOptions.self, from: sent, what: "").schedule() == schedule)
    }
}
