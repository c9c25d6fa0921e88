// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Telemetry
import Testing

@testable import Darkroom

@Suite(.timeLimit(.minutes(5)))
struct ServiceGroupTests {
    private struct Broken: Error {}

    /// Notes what happens, in order.
    private final class Diary: Sendable {
        private let lines = Lock<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    /// A service that runs until it is drained.
    private func drainable(_ name: String, _ diary: Diary) -> Service {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        return Service(
            name: name, run: { for await _ in stream {} },
            drain: { _ in
                diary.note(name)
                continuation.finish()
            })
    }

    /// A service that runs until it is cancelled.
    private func endless(_ name: String) -> Service {
        Service(name: name, run: { try await Task.sleep(for: .seconds(3600)) })
    }

    @Test func drainsInReverseAndCancelsTheRest() async throws {
        let diary = Diary()
        let group = ServiceGroup(
            services: [endless("store"), drainable("worker", diary), drainable("door", diary)], log: .silent)
        try await group.run(until: {}, drainWithin: .seconds(30))
        #expect(diary.all == ["door", "worker"])
    }

    @Test func cutsAServiceThatDoesNotDrainInTime() async throws {
        let stuck = Service(name: "stuck", run: { try await Task.sleep(for: .seconds(3600)) }, drain: { _ in })
        let group = ServiceGroup(services: [stuck], log: .silent)
        try await group.run(until: {}, drainWithin: .milliseconds(20))
    }

    @Test func endsWithTheFailureOfAnyService() async throws {
        let diary = Diary()
        let log = Log { diary.note($0.message) }
        let broken = Service(name: "broken", run: { throw Broken() })
        let group = ServiceGroup(services: [endless("store"), broken], log: log)
        await #expect(throws: Broken.self) {
            try await group.run(until: { try? await Task.sleep(for: .seconds(3600)) }, drainWithin: .seconds(1))
        }
        #expect(diary.all == ["a part of the server failed"])
    }
}
