// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRPC
import Testing

@testable import TaskHubGRPC

struct StreamHealthTests {
    @Test func waitsGrowToTheirBoundAndBeginAnewAfterAMessage() {
        var backOff = BackOff(base: .seconds(1), cap: .seconds(30))
        #expect((0..<7).map { _ in backOff.next(1) } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        backOff.reset()
        #expect(backOff.next(0.5) == .milliseconds(500))
    }

    @Test func aStreamThatEndedInOrderIsOpenedAgainAtOnce() {
        var health = StreamHealth(waits: .seconds(1)...Duration.seconds(30))
        let step = health.next(after: .closed(hadMessages: true))
        #expect(step.wait == .zero && !step.makesNewChannel && step.reason == nil)
    }

    @Test(arguments: [
        StreamHealth.Ending.closed(hadMessages: false), .failed(GRPCStatus(.unavailable), hadMessages: false),
        .failed(StreamHealth.Silence(), hadMessages: false), .failed(GRPCStatus(.deadlineExceeded), hadMessages: false),
    ])
    func fiveFailuresOfTheConnectionInARowMakeANewOne(ending: StreamHealth.Ending) {
        var health = StreamHealth(waits: .seconds(1)...Duration.seconds(30))
        let steps = (0..<10).map { _ in health.next(after: ending).makesNewChannel }
        #expect(steps == (1...10).map { $0 % 5 == 0 })
    }

    @Test(arguments: [GRPCStatus.Code.cancelled, .unauthenticated, .notFound])
    func refusalsAreNotTheConnectionsFault(code: GRPCStatus.Code) {
        var health = StreamHealth(waits: .seconds(1)...Duration.seconds(30))
        for _ in 0..<20 {
            #expect(!health.next(after: .failed(GRPCStatus(code), hadMessages: false)).makesNewChannel)
        }
    }

    @Test func aMessageMakesUpForEarlierFailures() {
        var health = StreamHealth(waits: .seconds(1)...Duration.seconds(30))
        for _ in 0..<4 { _ = health.next(after: .failed(GRPCStatus(.unavailable), hadMessages: false)) }
        #expect(!health.next(after: .failed(GRPCStatus(.unavailable), hadMessages: true)).makesNewChannel)
    }
}

@Suite(.timeLimit(.minutes(5)))
struct AccessTokenTests {
    /// Counts the tokens that were fetched.
    private actor Issuer {
        var count = 0
        var isBroken = false
        struct Failure: Error {}

        func issue(lasting time: TimeInterval) throws -> AccessToken {
            if isBroken { throw Failure() }
            count += 1
            return AccessToken("token \(count)", expiresAt: Date(timeIntervalSince1970: time))
        }

        func breakDown() { isBroken = true }
    }

    @Test func aTokenIsKeptUntilShortlyBeforeItExpires() async throws {
        let issuer = Issuer()
        let early = AccessTokenCache(
            { try await issuer.issue(lasting: 1_000) }, now: { Date(timeIntervalSince1970: 600) })
        #expect(try await early.current().text == "token 1")
        #expect(try await early.current().text == "token 1")
        let late = AccessTokenCache(
            { try await issuer.issue(lasting: 1_000) }, now: { Date(timeIntervalSince1970: 800) })
        #expect(try await late.current().text == "token 2")
        #expect(try await late.current().text == "token 3")
    }

    @Test func callersWhoComeTogetherWaitForOneToken() async throws {
        let issuer = Issuer()
        let cache = AccessTokenCache({ try await issuer.issue(lasting: 1e12) })
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await cache.current().text } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(texts == ["token 1"])
    }

    @Test func anOldTokenDoesWhileThereIsNoNewOne() async throws {
        let issuer = Issuer()
        let cache = AccessTokenCache(
            { try await issuer.issue(lasting: 1_000) }, now: { Date(timeIntervalSince1970: 900) })
        _ = try await cache.current()
        await issuer.breakDown()
        #expect(try await cache.current().text == "token 1")
    }
}
