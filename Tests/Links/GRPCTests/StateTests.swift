// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPC

@Suite struct MessageAssemblerTests {
    private let messages: [[UInt8]] = [
        [], [1], Array(repeating: 2, count: 300), [], Array(repeating: 3, count: 70_000),
    ]

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 100, 299, 1000, 65_536, 1_000_000])
    func messagesComeWholeHoweverTheyAreCut(size: Int) throws {
        let bytes = messages.flatMap(MessageAssembler.frame)
        var assembler = MessageAssembler(limit: 70_000)
        var received: [[UInt8]] = []
        var index = 0
        while index < bytes.count {
            let piece = Array(bytes[index..<min(index + size, bytes.count)])
            try assembler.receive(piece.span) { received.append($0) }
            index += size
        }
        #expect(received == messages)
        #expect(assembler.isBetweenMessages)
    }

    @Test(arguments: [
        ([1, 0, 0, 0, 1], GRPCStatus.Code.unimplemented), ([2, 0, 0, 0, 1], .internalError),
        ([0, 0, 0, 0, 101], .resourceExhausted), ([0, 255, 255, 255, 255], .resourceExhausted),
    ])
    func whatIsNoMessageIsRefused(bytes: [UInt8], code: GRPCStatus.Code) {
        var assembler = MessageAssembler(limit: 100)
        let error = #expect(throws: GRPCStatus.self) { try assembler.receive(bytes.span) { _ in } }
        #expect(error?.code == code)
    }
}

@Suite struct MessageInboxTests {
    private let message = MessageAssembler.frame([UInt8](repeating: 1, count: 95))

    @Test func roomIsGivenBackWhenWhatWasTakenIsDoneWith() throws {
        var inbox = MessageInbox(limit: 100)
        try inbox.receive((message + message).span)
        #expect(inbox.takeRoom() == 0)
        guard case .messages(let messages) = inbox.take() else { return #expect(Bool(false)) }
        #expect(messages.count == 2)
        #expect(inbox.takeRoom() == 0)
        try inbox.receive(message.span)
        guard case .messages = inbox.take() else { return #expect(Bool(false)) }
        #expect(inbox.takeRoom() == 200)
        guard case .nothing = inbox.take() else { return #expect(Bool(false)) }
        #expect(inbox.takeRoom() == 100)
        #expect(inbox.takeRoom() == 0)
    }

    @Test func aMessageThatIsWaitedForMayBeLongerThanTheWindow() throws {
        var inbox = MessageInbox(limit: 100)
        _ = inbox.take()
        try inbox.receive(Array(message[..<40]).span)
        #expect(inbox.takeRoom() == 40)
        try inbox.receive(Array(message[40..<80]).span)
        #expect(inbox.takeRoom() == 40)
        try inbox.receive((Array(message[80...]) + message).span)
        #expect(inbox.takeRoom() == 0)
    }

    @Test func theEndIsTheLastThingTaken() throws {
        var inbox = MessageInbox(limit: 100)
        try inbox.receive(message.span)
        try inbox.end()
        guard case .messages = inbox.take(), case .end = inbox.take() else { return #expect(Bool(false)) }
    }

    @Test func anEndInsideAMessageIsAnError() throws {
        var inbox = MessageInbox(limit: 100)
        try inbox.receive([0, 0].span)
        #expect(throws: GRPCStatus.self) { try inbox.end() }
    }
}

@Suite struct ByteQueueTests {
    @Test(arguments: [1, 3, 10, 64, 5000])
    func bytesComeOutInOrder(size: Int) {
        var queue = ByteQueue()
        let pieces = (0..<200).map { [UInt8](repeating: UInt8($0), count: $0 % 7) }
        for piece in pieces { queue.append(piece) }
        let all = pieces.flatMap { $0 }
        #expect(queue.count == all.count)
        var moved: [UInt8] = []
        while !queue.isEmpty {
            var target = [UInt8](repeating: 0, count: size)
            let count = unsafe target.withUnsafeMutableBytes { unsafe queue.move(into: $0) }
            moved += target[..<count]
        }
        #expect(moved == all)
    }
}

@Suite struct RateGuardTests {
    @Test func aBurstAndASteadyRateAreAdmitted() {
        var limit = RateGuard(burst: 10, perSecond: 5)
        for _ in 0..<10 {
            let isAdmitted = limit.admit(at: 1000)
            #expect(isAdmitted)
        }
        var isAdmitted = limit.admit(at: 1000)
        #expect(!isAdmitted)
        for second in 4..<20 {
            isAdmitted = limit.admit(at: Int64(second) * 1000)
            #expect(isAdmitted)
        }
    }
}

@Suite struct KeepAliveTests {
    @Test func aSilentPeerIsAskedAndThenGivenUp() {
        var keepAlive = KeepAlive(interval: 100, timeout: 20, now: 0)
        #expect(keepAlive.check(at: 99) == .nothing)
        #expect(keepAlive.check(at: 100) == .ping)
        #expect(keepAlive.due == 120)
        #expect(keepAlive.check(at: 119) == .nothing)
        #expect(keepAlive.check(at: 120) == .giveUp)
    }

    @Test func aSignFromThePeerStartsOver() {
        var keepAlive = KeepAlive(interval: 100, timeout: 20, now: 0)
        #expect(keepAlive.check(at: 100) == .ping)
        keepAlive.noteSign(at: 50)
        #expect(keepAlive.due == 120)
        keepAlive.noteSign(at: 110)
        #expect(keepAlive.due == 210)
        #expect(keepAlive.check(at: 150) == .nothing)
    }
}
