// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import FoundationEssentials
import Testing

@testable import StorageServer

@Suite(.timeLimit(.minutes(5)))
struct BlobStoreTests {
    @Test(arguments: [0, 1, 100, 101, 300_000, 1_000_000])
    func readsBackWhatWasPut(size: Int) async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        let bytes = pattern(size)
        let written = try await fixture.store.put(bytes, as: blob("a/b.jpg"))
        let content = try await fixture.store.open(blob("a/b.jpg"))
        #expect(try content.all() == bytes)
        #expect(content.properties == written)
        #expect(try fixture.files().count == (size > 100 ? 1 : 0))
    }

    @Test(arguments: [50, 5_000])
    func readsAPartOfABlob(size: Int) async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        let bytes = pattern(size)
        try await fixture.store.put(bytes, as: blob("a"))
        let content = try await fixture.store.open(blob("a"), range: .between(10, 19))
        #expect(try content.all() == Array(bytes[10..<20]))
        #expect(content.range == 10..<20)
    }

    @Test func everythingCommittedIsThereAfterARestart() async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container(), access: .blob, metadata: BlobMetadata([("owner", "me")]))
        var write = BlobWrite(metadata: try BlobMetadata([("Camera", "X: 1"), ("empty", "")]))
        write.headers.type = "image/jpeg"
        let small = try await fixture.store.put(pattern(10), as: blob("small"), write)
        let large = try await fixture.store.put(pattern(10_000), as: blob("large"), write)
        try await fixture.restart()
        #expect(try await fixture.store.properties(of: blob("small")) == small)
        #expect(try await fixture.store.open(blob("large")).all() == pattern(10_000))
        #expect(try await fixture.store.properties(of: blob("large")) == large)
        let properties = try await fixture.store.properties(of: container())
        #expect(properties.access == .blob)
        #expect(properties.metadata["OWNER"] == "me")
    }

    @Test func aRestartSweepsWhatNobodyPointsTo() async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        try await fixture.store.put(pattern(10_000), as: blob("kept"))
        let staged = try await fixture.store.stage()
        try Data(pattern(500)).write(to: URL(filePath: staged.path))
        // As if the program had died before it could let go.
        staged.keep()
        #expect(try fixture.files().count == 2)
        try await fixture.restart()
        try await fixture.store.sweepEarlierRuns()
        #expect(try fixture.files().count == 1)
        #expect(try await fixture.store.open(blob("kept")).all() == pattern(10_000))
    }

    @Test func aFileInTheMakingIsNotSwept() async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        let staged = try await fixture.store.stage()
        try await fixture.store.sweepEarlierRuns()
        try Data(pattern(500)).write(to: URL(filePath: staged.path))
        try await fixture.store.commit(staged, as: blob("made"))
        #expect(try await fixture.store.open(blob("made")).all() == pattern(500))
    }

    @Test(arguments: [60, 6_000])
    func aStagedFileBecomesABlob(size: Int) async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        let staged = try await fixture.store.stage()
        try Data(pattern(size)).write(to: URL(filePath: staged.path))
        let properties = try await fixture.store.commit(staged, as: blob("thumb"))
        #expect(properties.length == Int64(size))
        #expect(properties.headers.md5?.count == 16)
        #expect(try await fixture.store.open(blob("thumb")).all() == pattern(size))
    }

    @Test func replacedContentIsRemovedButReadersKeepIt() async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        try await fixture.store.put(pattern(1_000, seed: 1), as: blob("a"))
        let old = try await fixture.store.open(blob("a"))
        let second = try await fixture.store.put(pattern(1_000, seed: 2), as: blob("a"))
        await fixture.store.tidy()
        #expect(try fixture.files().count == 1)
        #expect(try old.all() == pattern(1_000, seed: 1))
        #expect(try await fixture.store.open(blob("a")).all() == pattern(1_000, seed: 2))
        #expect(old.properties.etag != second.etag)
        #expect(old.properties.created == second.created)
    }

    @Test func aDeletedContainerGivesBackItsNameAndItsSpace() async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        for index in 0..<10 { try await fixture.store.put(pattern(1_000), as: blob("b\(index)")) }
        try await fixture.store.deleteContainer(container())
        await #expect(throws: StorageError.self) { try await fixture.store.open(blob("b1")) }
        try await fixture.store.createContainer(container())
        #expect(try await fixture.store.listBlobs(in: container()).entries.isEmpty)
        await fixture.store.tidy()
        #expect(try fixture.files().isEmpty)
    }

    @Test func marksAreUniqueAndTimesRiseEvenWhenTheClockIsSetBack() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        let first = try await fixture.store.put([1], as: blob("a"))
        fixture.advance(by: .seconds(-3_600))
        try await fixture.restart()
        let second = try await fixture.store.put([2], as: blob("a"))
        #expect(second.etag != first.etag)
        #expect(second.lastModified > first.lastModified)
    }

    @Test func ofManyWhoCreateOneWins() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        let winners = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let write = BlobWrite(conditions: .ifAbsent)
                    return (try? await fixture.store.put([UInt8(index)], as: blob("one"), write)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    @Test func countingUnderConditionsLosesNothing() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        try await fixture.store.put([0], as: blob("counter"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5 { try await increment("counter", in: fixture.store) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.store.open(blob("counter")).all() == [40])
    }

    @Test func anotherProcessCannotHaveTheFolder() async throws {
        let fixture = try await StoreFixture()
        #expect(throws: FolderInUse.self) { try FolderLock(folder: fixture.folder + "/content") }
        fixture.close()
        _ = try FolderLock(folder: fixture.folder + "/content")
    }

    @Test func aRestoredDatabaseNeverMeetsFilesOfLaterRuns() async throws {
        let fixture = try await StoreFixture.withInlineLimit(10)
        try await fixture.store.createContainer(container())
        fixture.close()
        let path = fixture.folder + "/blobs.sqlite"
        try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
        try await fixture.open()
        try await fixture.store.put(pattern(100), as: blob("later"))
        fixture.close()
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".copy", toPath: path)
        try await fixture.open()
        try await fixture.store.put(pattern(200), as: blob("new"))
        try await fixture.store.sweepEarlierRuns()
        #expect(try await fixture.store.open(blob("new")).all() == pattern(200))
        #expect(try fixture.files().count == 1)
    }

    @Test func aDamagedFileIsAnErrorAndNeverWrongBytes() async throws {
        let fixture = try await StoreFixture.withInlineLimit(10)
        try await fixture.store.createContainer(container())
        try await fixture.store.put(pattern(100), as: blob("a"))
        let path = try fixture.folder + "/content/" + fixture.files()[0]
        try Data(pattern(99)).write(to: URL(filePath: path))
        await #expect(throws: TruncatedFile.self) { try await fixture.store.open(blob("a")) }
        #expect(try await fixture.store.open(blob("a"), range: .between(0, 98)).all() == pattern(99))
    }

    @Test func aCopySharesItsContent() async throws {
        let fixture = try await StoreFixture.withInlineLimit(100)
        try await fixture.store.createContainer(container())
        try await fixture.store.put(pattern(1_000), as: blob("a"))
        for target in ["b", "a"] {
            let request = CopyRequest(
                id: "1", source: try blob("a"), sourceText: "http://x/a", sourceConditions: .none, metadata: nil,
                conditions: .none, mayOnlyCreate: false)
            _ = try await fixture.store.copy(request, to: blob(target))
        }
        try await fixture.store.delete(blob("a"))
        await fixture.store.tidy()
        #expect(try await fixture.store.open(blob("b")).all() == pattern(1_000))
        try await fixture.store.delete(blob("b"))
        await fixture.store.tidy()
        #expect(try fixture.files().isEmpty)
    }
}

private func increment(_ name: String, in store: BlobStore) async throws {
    while true {
        let content = try await store.open(blob(name))
        let write = BlobWrite(conditions: .ifMatch(content.properties.etag))
        do {
            try await store.put([try content.all()[0] + 1], as: blob(name), write)
            return
        } catch let error as StorageError where error.code == .conditionNotMet {
            continue
        }
    }
}
