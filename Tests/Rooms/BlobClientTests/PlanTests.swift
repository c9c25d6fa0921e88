// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AzureStorage

struct UploadPlanTests {
    @Test(arguments: [0, 1, 999, 1000])
    func sendsASmallFileAtOnce(size: Int64) {
        let plan = UploadPlan(size: size, singleRequestBytes: 1000, blockBytes: 300)
        #expect(plan.isSingle)
        #expect(plan.stretches == (size == 0 ? [] : [0..<size]))
    }

    @Test(arguments: [1001, 1200, 1201, 10_000_000_000, 190_000_000_000_000])
    func coversALargeFileWithoutGapsInBlocksThatABlobCanHold(size: Int64) {
        let plan = UploadPlan(size: size, singleRequestBytes: 1000, blockBytes: size < 2000 ? 300 : 8 << 20)
        #expect(!plan.isSingle)
        #expect(plan.stretches.first?.lowerBound == 0)
        #expect(plan.stretches.last?.upperBound == size)
        #expect(zip(plan.stretches, plan.stretches.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(plan.stretches.count <= UploadPlan.mostBlocks)
        #expect(Set(plan.stretches.dropLast().map(\.count)).count == 1)
    }

    @Test func namesBlocksByPlaceAndContentAtOneLength() throws {
        let md5 = [UInt8](repeating: 7, count: 16)
        let ids = try [0, 9, 49_999].map { try UploadPlan.blockID(index: $0, md5: md5) }
        #expect(Set(ids).count == 3)
        #expect(Set(ids.map(\.byteCount)).count == 1)
        #expect(try UploadPlan.blockID(index: 0, md5: [UInt8](repeating: 8, count: 16)) != ids[0])
    }
}

struct BlobRetryPolicyTests {
    @Test(arguments: [
        (1, 0.0, 250), (1, 1.0, 500), (2, 1.0, 1000), (3, 0.5, 1500), (6, 1.0, 15_000), (1000, 1.0, 15_000),
    ])
    func waitsLongerAfterEachFailureUpToABound(attempt: Int, jitter: Double, milliseconds: Int) {
        let delay = BlobRetryPolicy().delay(afterAttempt: attempt, jitter: jitter)
        #expect(delay == .milliseconds(milliseconds))
    }
}
