// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Orchestrators that await something other than their context, and what becomes of them.
@Suite(.timeLimit(.minutes(5)))
struct EscapeTests {
    actor Counter {
        private var count = 0
        func next() async -> Int {
            try? await Task.sleep(for: .milliseconds(1))
            count += 1
            return count
        }
    }

    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var body: Script.Body
    }

    static let cases = [
        Case(testDescription: "Task.sleep") { _, _ in
            try await Task.sleep(for: .milliseconds(1))
            return 1
        },
        Case(testDescription: "an unstructured task that is awaited") { _, _ in
            await Task.detached {
                try? await Task.sleep(for: .milliseconds(1))
                return 1
            }.value
        },
        Case(testDescription: "a call from an unstructured task") { context, _ in
            try await Task { try await context.number("a") }.value
        },
        Case(testDescription: "a wait for an event in an unstructured task") { context, _ in
            try await Task { try await context.event("n", as: Int.self) }.value
        },
        Case(testDescription: "Task.sleep in a race that nobody wins") { context, _ in
            try await context.first(
                of: {
                    try await Task.sleep(for: .milliseconds(1))
                    return 1
                }, { try await context.event("n", as: Int.self) })
        },
        Case(testDescription: "an actor that works elsewhere") { _, _ in await Counter().next() },
        Case(testDescription: "the main actor") { _, _ in await MainActor.run { 1 } },
        Case(testDescription: "a continuation that nobody resumes") { _, _ in
            await unsafe withUnsafeContinuation { (_: UnsafeContinuation<Int, Never>) in }
        },
    ]

    @Test(arguments: cases)
    func escapedWorkFailsTheInstanceWithAdvice(_ escape: Case) async throws {
        let (reports, reporter) = AsyncStream.makeStream(of: Void.self)
        var registry = TaskRegistry()
        registry.addOrchestration("script", escape.body)
        let orchestrator = Orchestrator(Script.key, registry: registry, log: .silent) { reporter.yield() }
        defer { orchestrator.close() }
        let start = ExecutionStarted(name: "script", input: "0", instanceID: "i", executionID: "e")
        var turn = orchestrator.advance([
            HistoryEvent(at: Script.epoch, .orchestratorStarted),
            HistoryEvent(at: Script.epoch, .executionStarted(start)),
        ])
        if turn.completion == nil {
            for await _ in reports { break }
            turn = orchestrator.advance([HistoryEvent(at: Script.epoch, .orchestratorStarted)])
        }
        #expect(turn.completion?.failure?.type == TaskFailure.EngineType.escapedWork)
        #expect(turn.completion?.failure?.message.contains("use async let or a task group instead of Task {}") == true)
        #expect(turn.actions.count == 1)
    }

    @Test func whatReturnsAfterTheRunWasLeftFinishesElsewhere() async {
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let script = Script { context, _ in
            let isOver = await Task.detached {
                try? await Task.sleep(for: .milliseconds(10))
                return true
            }.value
            _ = try? await context.number("too late")
            end.yield(isOver)
            return 1
        }
        #expect(script.start()[0].hasPrefix("-1 failed EscapedWork"))
        script.live.close()
        for await isOver in ends {
            #expect(isOver)
            break
        }
    }

    @Test func leavingAnUnfinishedRunFreesWhatItHolds() {
        final class Token: Sendable {
            let count: Counting
            init(_ count: Counting) {
                self.count = count
                count.living.withLock { $0 += 1 }
            }
            deinit { count.living.withLock { $0 -= 1 } }
        }
        final class Counting: Sendable { let living = Lock(0) }
        let counting = Counting()
        for _ in 0..<100 {
            let script = Script { context, _ in
                let token = Token(counting)
                async let one = context.number("a")
                async let two = context.number("b", retry: .standard)
                defer { withExtendedLifetime(token) {} }
                do { return try await one + two } catch { return try await context.number("clean up") }
            }
            #expect(script.start() == ["0 a(0)", "1 b(0)"])
            _ = script.fail(1)
            #expect(counting.living.withLock { $0 } == 1)
            script.live.close()
            #expect(counting.living.withLock { $0 } == 0)
        }
    }

    @Test func anOrchestratorThatSwallowsItsCancellationLetsGo() {
        let lines = Lock<[LogLevel]>([])
        let log = Log { line in lines.withLock { $0.append(line.level) } }
        let script = Script(log: log) { context, _ in
            while true { try? await context.sleep(for: .seconds(1)) }
        }
        #expect(script.start() == ["0 timer +1000"])
        script.live.close()
        #expect(lines.withLock { $0 } == [.error])
    }
}
