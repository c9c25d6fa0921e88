// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Testing

@testable import StorageServer

@Suite(.timeLimit(.minutes(5)))
struct BlobEventTests {
    @Test func everyWriteIsAnnouncedInOrder() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        var write = BlobWrite()
        write.headers.type = "image/png"
        let first = try await fixture.store.put([1, 2, 3], as: blob("a"), write)
        try await fixture.store.setMetadata(of: blob("a"), to: BlobMetadata([("k", "v")]))
        try await fixture.store.delete(blob("a"))
        let events = try await fixture.store.events(after: 0, limit: 10)
        #expect(events.map(\.kind) == [.created, .deleted])
        #expect(events.map(\.api) == ["PutBlob", "DeleteBlob"])
        #expect(events[0].etag == first.etag)
        #expect(events[0].contentLength == 3)
        #expect(events[0].contentType == "image/png")
        #expect(try events[0].blob == blob("a"))
        #expect(events[0].sequence < events[1].sequence)
        #expect(try await fixture.store.events(after: events[0].sequence, limit: 10) == [events[1]])
    }

    @Test func aRefusedWriteIsNotAnnounced() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        try await fixture.store.put([1], as: blob("a"))
        _ = try? await fixture.store.put([1], as: blob("a"), BlobWrite(conditions: .ifAbsent))
        #expect(try await fixture.store.events(after: 0, limit: 10).count == 1)
    }

    @Test func acknowledgedEventsGoWhenNobodyNeedsThem() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        #expect(try await fixture.store.eventCursor(of: "pipeline") == 0)
        #expect(try await fixture.store.eventCursor(of: "audit") == 0)
        for index in 0..<3 { try await fixture.store.put([1], as: blob("b\(index)")) }
        let events = try await fixture.store.events(after: 0, limit: 10)
        try await fixture.store.acknowledgeEvents(through: events[1].sequence, by: "pipeline")
        #expect(try await fixture.store.events(after: 0, limit: 10).count == 3)
        try await fixture.store.acknowledgeEvents(through: events[2].sequence, by: "audit")
        #expect(try await fixture.store.events(after: 0, limit: 10) == [events[2]])
        try await fixture.store.acknowledgeEvents(through: events[0].sequence, by: "pipeline")
        try await fixture.restart()
        #expect(try await fixture.store.eventCursor(of: "pipeline") == events[1].sequence)
    }

    @Test func eventsPastTheirRetentionGo() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        try await fixture.store.put([1], as: blob("old"))
        fixture.advance(by: .seconds(8 * 86_400))
        try await fixture.store.put([1], as: blob("new"))
        await fixture.store.tidy()
        #expect(try await fixture.store.events(after: 0, limit: 10).map(\.blob.name.text) == ["new"])
    }

    @Test func noMoreEventsAreKeptThanTheLimit() async throws {
        var configuration = BlobStoreConfiguration()
        configuration.eventLimit = 3
        let fixture = try await StoreFixture(configuration: configuration)
        try await fixture.store.createContainer(container())
        for index in 0..<7 { try await fixture.store.put([1], as: blob("b\(index)")) }
        await fixture.store.tidy()
        #expect(try await fixture.store.events(after: 0, limit: 10).map(\.blob.name.text) == ["b4", "b5", "b6"])
    }

    @Test func aWaitingReaderIsWoken() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        let signal = fixture.store.eventSignal()
        async let seen = firstEvent(in: fixture.store, signal)
        try await fixture.store.put([1], as: blob("a"))
        #expect(try await seen?.blob == blob("a"))
    }

    @Test func theSignalEndsWithTheStore() async throws {
        let fixture = try await StoreFixture()
        var signal = fixture.store.eventSignal().makeAsyncIterator()
        #expect(await signal.next() != nil)
        fixture.store.close()
        #expect(await signal.next() == nil)
        var late = fixture.store.eventSignal().makeAsyncIterator()
        #expect(await late.next() == nil)
    }

    @Test func housekeepingEndsWhenItIsCancelled() async throws {
        let fixture = try await StoreFixture.withInlineLimit(10)
        try await fixture.store.createContainer(container())
        try await fixture.store.put(pattern(100), as: blob("a"))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await fixture.store.run() }
            try? await fixture.store.delete(blob("a"))
            while (try? fixture.files().isEmpty) != true { await Task.yield() }
            group.cancelAll()
        }
    }
}

private func firstEvent(in store: BlobStore, _ signal: AsyncStream<Void>) async throws -> BlobEvent? {
    for await _ in signal {
        if let event = try await store.events(after: 0, limit: 1).first { return event }
    }
    return nil
}
