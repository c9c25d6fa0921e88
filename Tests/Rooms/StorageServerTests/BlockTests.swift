// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Testing

@testable import StorageServer

extension StoreFixture {
    func putBlock(_ id: String, _ bytes: [UInt8], of name: String) async throws {
        var writer = store.contentWriter(checksums: [])
        try await writer.write(bytes)
        try await store.putBlock(BlockID(id), writer.finish().content, of: blob(name))
    }

    @discardableResult
    func commit(_ ids: [(BlockReference.Source, String)], of name: String) async throws -> BlobProperties {
        let references = try ids.map { BlockReference($0.0, try BlockID($0.1)) }
        return try await store.commit(blocks: references, as: blob(name), BlobWrite(api: "PutBlockList"))
    }
}

@Suite(.timeLimit(.minutes(5)))
struct BlockTests {
    private func fixture(inlineLimit: Int = 100) async throws -> StoreFixture {
        let fixture = try await StoreFixture.withInlineLimit(inlineLimit)
        try await fixture.store.createContainer(container())
        return fixture
    }

    @Test(arguments: [10, 1_000, 100_000])
    func blocksBecomeABlobInTheOrderOfTheList(limit: Int) async throws {
        let fixture = try await fixture(inlineLimit: limit)
        let parts = ["AAAA": pattern(40), "AAAB": pattern(4_000, seed: 2), "AAAC": pattern(700, seed: 3)]
        for (id, bytes) in parts { try await fixture.putBlock(id, bytes, of: "big") }
        await #expect(throws: StorageError.self) { try await fixture.store.open(blob("big")) }
        let order = ["AAAC", "AAAA", "AAAB", "AAAA"]
        try await fixture.commit(order.map { (.latest, $0) }, of: "big")
        #expect(try await fixture.store.open(blob("big")).all() == order.flatMap { parts[$0] ?? [] })
        await fixture.store.tidy()
        try await fixture.restart()
        #expect(try await fixture.store.open(blob("big")).all() == order.flatMap { parts[$0] ?? [] })
        #expect(try fixture.files().count == (limit < 10_000 ? 1 : 0))
    }

    @Test func aSingleBlockIsTakenAsItIs() async throws {
        let fixture = try await fixture()
        try await fixture.putBlock("AAAA", pattern(5_000), of: "one")
        let before = try fixture.files()
        try await fixture.commit([(.uncommitted, "AAAA")], of: "one")
        await fixture.store.tidy()
        #expect(try fixture.files() == before)
        #expect(try await fixture.store.open(blob("one")).all() == pattern(5_000))
        let blocks = try await fixture.store.blocks(of: blob("one"))
        #expect(blocks.committed.map(\.length) == [5_000])
        #expect(blocks.uncommitted.isEmpty)
    }

    @Test func committedBlocksAreUsedAgain() async throws {
        let fixture = try await fixture()
        for (index, id) in ["AAAA", "AAAB"].enumerated() {
            try await fixture.putBlock(id, pattern(300, seed: index), of: "b")
        }
        try await fixture.commit([(.latest, "AAAA"), (.latest, "AAAB")], of: "b")
        try await fixture.putBlock("AAAA", pattern(200, seed: 9), of: "b")
        try await fixture.commit([(.committed, "AAAB"), (.latest, "AAAA"), (.committed, "AAAA")], of: "b")
        let expected = pattern(300, seed: 1) + pattern(200, seed: 9) + pattern(300, seed: 0)
        #expect(try await fixture.store.open(blob("b")).all() == expected)
        await fixture.store.tidy()
        #expect(try fixture.files().count == 1)
    }

    @Test func aListThatNamesAMissingBlockChangesNothing() async throws {
        let fixture = try await fixture()
        try await fixture.putBlock("AAAA", pattern(300), of: "b")
        await #expect(throws: StorageError.self) {
            try await fixture.commit([(.latest, "AAAA"), (.latest, "AAAB")], of: "b")
        }
        await #expect(throws: StorageError.self) { try await fixture.commit([(.committed, "AAAA")], of: "b") }
        try await fixture.commit([(.latest, "AAAA")], of: "b")
        #expect(try await fixture.store.open(blob("b")).all() == pattern(300))
    }

    @Test func anEmptyListMakesAnEmptyBlob() async throws {
        let fixture = try await fixture()
        try await fixture.putBlock("AAAA", pattern(300), of: "b")
        #expect(try await fixture.commit([], of: "b").length == 0)
        #expect(try await fixture.store.blocks(of: blob("b")).uncommitted.isEmpty)
    }

    @Test func idsOfOneBlobHaveOneLength() async throws {
        let fixture = try await fixture()
        try await fixture.putBlock("AAAA", [1], of: "b")
        await #expect(throws: StorageError.self) { try await fixture.putBlock("AA==", [1], of: "b") }
    }

    @Test(arguments: ["put", "delete"])
    func otherWritesDiscardWaitingBlocks(how: String) async throws {
        let fixture = try await fixture()
        try await fixture.store.put([1], as: blob("b"))
        try await fixture.putBlock("AAAA", pattern(300), of: "b")
        switch how {
        case "put": try await fixture.store.put([2], as: blob("b"))
        default: try await fixture.store.delete(blob("b"))
        }
        await fixture.store.tidy()
        #expect(try fixture.files().isEmpty)
        await #expect(throws: StorageError.self) { try await fixture.commit([(.latest, "AAAA")], of: "b") }
    }

    @Test func blocksExpireAWeekAfterTheLastOfThem() async throws {
        let fixture = try await fixture()
        try await fixture.putBlock("AAAA", pattern(300), of: "b")
        fixture.advance(by: .seconds(5 * 86_400))
        try await fixture.putBlock("AAAB", pattern(300), of: "b")
        fixture.advance(by: .seconds(5 * 86_400))
        await fixture.store.tidy()
        #expect(try await fixture.store.blocks(of: blob("b")).uncommitted.count == 2)
        fixture.advance(by: .seconds(3 * 86_400))
        await fixture.store.tidy()
        await #expect(throws: StorageError.self) { try await fixture.store.blocks(of: blob("b")) }
        #expect(try fixture.files().isEmpty)
    }

    @Test func blocksSurviveARestart() async throws {
        let fixture = try await fixture()
        try await fixture.putBlock("AAAA", pattern(300), of: "b")
        try await fixture.putBlock("AAAB", pattern(10), of: "b")
        try await fixture.restart()
        try await fixture.store.sweepEarlierRuns()
        try await fixture.commit([(.latest, "AAAB"), (.latest, "AAAA")], of: "b")
        #expect(try await fixture.store.open(blob("b")).all() == pattern(10) + pattern(300))
    }
}
