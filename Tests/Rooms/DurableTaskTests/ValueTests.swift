// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Telemetry
import Testing

@testable import DurableTask

/// Policies, failures, payloads, events.
struct ValueTests {
    struct DiskFull: TaskFailureConvertible {
        var taskFailure: TaskFailure {
            TaskFailure(type: "DiskFull", message: "no room", details: ["free": "0"], isRetriable: false)
        }
    }

    enum Plain: Error { case broken }

    @Test(
        arguments: [
            (1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (5, nil),
        ] as [(Int, Double?)])
    func delaysGrowToTheirCap(_ attempt: Int, _ seconds: Double?) {
        let policy = RetryPolicy(maximumAttempts: 5, maximumDelay: .seconds(5))
        let failure = TaskFailure(type: "Busy", message: "")
        let delay = policy.delay(after: attempt, failure: failure, elapsed: .zero)
        #expect(delay == seconds.map { .seconds($0) })
    }

    @Test func policiesStopAtTheirTimeAndForTheirTypes() {
        let failure = TaskFailure(type: "Busy", message: "")
        let final = TaskFailure(type: "Busy", message: "", isRetriable: false)
        let policy = RetryPolicy(totalTime: .seconds(10))
        #expect(policy.delay(after: 1, failure: failure, elapsed: .seconds(9)) != nil)
        #expect(policy.delay(after: 1, failure: failure, elapsed: .seconds(10)) == nil)
        #expect(policy.delay(after: 1, failure: final, elapsed: .zero) == nil)
        #expect(policy.except(types: ["Busy"]).delay(after: 1, failure: failure, elapsed: .zero) == nil)
        #expect(policy.except(types: ["Other"]).delay(after: 1, failure: failure, elapsed: .zero) != nil)
    }

    @Test func errorsBecomeFailures() {
        #expect(TaskFailure(DiskFull()) == DiskFull().taskFailure)
        #expect(TaskFailure(TaskFailure(DiskFull())) == DiskFull().taskFailure)
        #expect(TaskFailure(Plain.broken) == TaskFailure(type: "Plain", message: "broken"))
    }

    @Test func payloadsAreStableJSON() throws {
        struct Value: Codable, Equatable {
            var name = "a/b"
            var at = Date(timeIntervalSince1970: 1.5)
            var also: [String: Int] = ["b": 1, "a": 2]
        }
        let text = try Payload.encode(Value())
        #expect(text == #"{"also":{"a":2,"b":1},"at":"1970-01-01T00:00:01.500Z","name":"a/b"}"#)
        #expect(try Payload.decode(Value.self, from: text, what: "") == Value())
        #expect(try Payload.decode(Date.self, from: "\"1970-01-01T00:00:01Z\"", what: "").timeIntervalSince1970 == 1)
        #expect(try Payload.decode(Int?.self, from: nil, what: "") == nil)
        #expect(try Payload.decode(Nothing.self, from: nil, what: "") == Nothing())
        #expect(try Payload.decode(String.self, from: Payload.encode("\u{1}\"é"), what: "") == "\u{1}\"é")
    }

    @Test func wholeNumbersAreReadAsJSONHasThem() throws {
        for number in [0, -5, 42, .min, .max] {
            #expect(try Payload.decode(Int.self, from: Payload.encode(number), what: "") == number)
            #expect(try Payload.decode(Int?.self, from: Payload.encode(number), what: "") == number)
        }
        for (text, number) in [(" 7", 7), ("1e2", 100), ("-0", 0)] {
            #expect(try Payload.decode(Int.self, from: text, what: "") == number)
        }
        for text in ["07", "+1", "", "\"1\"", "9223372036854775808", "null"] {
            #expect(throws: TaskFailure.self) { try Payload.decode(Int.self, from: text, what: "") }
        }
        #expect(try Payload.decode(String?.self, from: "\"1\"", what: "") == "1")
        #expect(try Payload.decode(Double.self, from: "1", what: "") == 1)
    }

    @Test func timesKeepTheirMilliseconds() throws {
        for milliseconds in Int64(1_767_225_300_000)..<1_767_225_301_000 {
            let time = Date(millisecondsSince1970: milliseconds)
            let back = try Payload.decode(Date.self, from: Payload.encode(time), what: "")
            #expect(back.millisecondsSince1970 == milliseconds)
        }
    }

    /// Limits come from workers elsewhere, as numbers of any size.
    @Test(arguments: [Int.min, .max, 0, -1_001])
    func timesBeyondWhatHubsKeepAreTheLast(milliseconds: Int) throws {
        var call = TaskCall(name: "a", input: nil, tags: ["start-to-close-ms": "\(milliseconds)"])
        let limit = try #require(call.startToClose)
        for time in [Date.distantPast, Date(timeIntervalSince1970: 0), .distantFuture] {
            let sum = time.adding(limit)
            #expect(milliseconds < 0 ? sum < time : sum >= time)
            #expect(milliseconds < 0 ? sum.adding(limit) <= sum : sum.adding(limit) >= sum)
        }
        call.startToClose = .seconds(Int64(milliseconds))
        #expect(call.startToClose.map { $0 < .zero } == (milliseconds < 0))
    }

    @Test(.timeLimit(.minutes(1)))
    func aSleepOfCenturiesDoesNotEndAtOnce() async throws {
        let isAwake = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await SystemHubClock().sleep(until: Date(millisecondsSince1970: 253_402_300_799_000))
                return true
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(50))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next()
        }
        #expect(isAwake == false)
    }

    @Test func durationsAreAddedToTheMillisecondAndNeverTooEarly() {
        let time = Date(millisecondsSince1970: 1_000)
        #expect(time.adding(.milliseconds(5)).millisecondsSince1970 == 1_005)
        #expect(time.adding(.microseconds(1)).millisecondsSince1970 == 1_001)
        #expect(time.adding(.seconds(-1)).millisecondsSince1970 == 0)
    }

    static let kinds: [HistoryEvent.Kind] = [
        .orchestratorStarted,
        .executionStarted(ExecutionStarted(name: "n", input: nil, instanceID: "i", executionID: "e")),
        .executionStarted(
            ExecutionStarted(name: "\"\\/\n\u{8}\u{7f}é🎞", input: "{\"a\":[1]}", instanceID: "", executionID: "e")),
        .executionCompleted(Completion(.completed, result: "1")),
        .executionCompleted(Completion(.failed, failure: TaskFailure(DiskFull()))),
        .executionTerminated(reason: "\"why\"", recurse: false),
        .taskScheduled(TaskCall(name: "a", input: "1", tags: ["b": "2", "a": "1"])),
        .taskCompleted(taskID: 3, result: nil),
        .taskCompleted(taskID: 3, result: "\"\\u0000\""),
        .taskFailed(
            taskID: 4,
            failure: TaskFailure(
                type: "a", message: "b", cause: TaskFailure(type: "c", message: "\u{0}", isRetriable: false))),
        .timerCreated(fireAt: Date(millisecondsSince1970: 1_750_000_000_123)),
        .timerFired(timerID: 5, fireAt: Date(millisecondsSince1970: -1)),
        .genericEvent("note"),
    ]

    @Test(arguments: kinds)
    func eventsSurviveTheirText(_ kind: HistoryEvent.Kind) throws {
        for id in [-1, 0, 17] {
            let event = HistoryEvent(id: id, at: Date(millisecondsSince1970: 1_750_000_000_001), kind)
            #expect(try HistoryText.decodeEvent(HistoryText.encode(event)) == event)
            #expect(try HistoryText.decode(HistoryText.encode([event, event])) == [event, event])
        }
    }

    @Test func historiesOfNewerVersionsAreRefused() {
        #expect(throws: TaskHubError.self) { try HistoryText.decode(#"[{"at":1,"entityLocked":{}}]"#) }
        #expect(throws: TaskHubError.self) { try HistoryText.decode("[") }
    }
}
