// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct BlockingPoolTests {
    @Test func runsEveryCallAndReturnsItsValue() async throws {
        let pool = BlockingPool(name: "test", threads: 3)
        defer { pool.close() }
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...100 { group.addTask { try await pool.run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 5050)
    }

    @Test func refusesWhatDoesNotFitInItsQueue() async throws {
        let pool = BlockingPool(name: "small", threads: 1, limit: 1)
        let gate = Lock<Bool>(false)
        let started = Lock<Bool>(false)
        try pool.submit {
            started.withLock { $0 = true }
            while !gate.withLock({ $0 }) {}
        }
        while !started.withLock({ $0 }) { await Task.yield() }
        try pool.submit {}
        #expect(throws: BlockingPool.Refused.self) { try pool.submit {} }
        gate.withLock { $0 = true }
        pool.close()
    }

    @Test func finishesQueuedCallsBeforeItCloses() throws {
        let pool = BlockingPool(name: "closing", threads: 1)
        let done = Atomic<Int>(0)
        for _ in 0..<50 { try pool.submit { done.add(1, ordering: .relaxed) } }
        pool.close()
        #expect(done.load(ordering: .relaxed) == 50)
        #expect(throws: BlockingPool.Refused.self) { try pool.submit {} }
    }
}

struct HexTests {
    @Test(arguments: [([], ""), ([0], "00"), ([0x0a, 0xff, 0x10], "0aff10")] as [([UInt8], String)])
    func writesTwoLowerCaseDigitsAByte(bytes: [UInt8], text: String) {
        #expect(hex(bytes) == text)
    }
}
