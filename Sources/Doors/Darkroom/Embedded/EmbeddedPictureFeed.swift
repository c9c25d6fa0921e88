// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import Basics
import ImageStores
public import Pipeline
public import StorageServer

/// The pipeline's events when the blobs are in this program: read from the store's feed, woken by its commits.
public final class EmbeddedPictureFeed: PictureFeed {
    private static let consumer = "pipelines"
    private static let batch = 256

    private let store: BlobStore
    private let accounts: [String]
    private let cursor = Lock<Int64?>(nil)

    /// A feed over the program's own blobs, of these accounts.
    public init(_ store: BlobStore, accounts: [String]) {
        self.store = store
        self.accounts = accounts
    }

    /// Waits for events behind the cursor and returns some of them.
    public func nextEvents() async throws -> [BlobEvent] {
        let start = try await position()
        for await _ in store.eventSignal() {
            let events = try await store.events(after: start, limit: Self.batch)
            if !events.isEmpty { return events }
        }
        throw CancellationError()
    }

    /// Moves the cursor behind an event, durably.
    public func acknowledge(_ event: BlobEvent) async throws {
        try await store.acknowledgeEvents(through: event.sequence, by: Self.consumer)
        cursor.withLock { $0 = event.sequence }
    }

    /// What a container holds, in every account, page by page.
    public func pages(of container: String) -> AsyncThrowingStream<[FoundPicture], any Error> {
        let pages = Lock(accounts.map { (account: $0, marker: String?.none) })
        return AsyncThrowingStream { [store] in
            guard let next = pages.withLock({ $0.popLast() }) else { return nil }
            let (found, marker) = try await page(of: container, in: next.account, from: next.marker, store)
            if let marker { pages.withLock { $0.append((next.account, marker)) } }
            return found
        }
    }

    private func position() async throws -> Int64 {
        if let known = cursor.withLock({ $0 }) { return known }
        let stored = try await store.eventCursor(of: Self.consumer)
        cursor.withLock { $0 = stored }
        return stored
    }
}

private func page(
    of container: String, in account: String, from marker: String?, _ store: BlobStore
) async throws -> (found: [FoundPicture], next: String?) {
    var query = BlobListQuery()
    query.marker = marker
    query.limit = 1_000
    do {
        let address = try ContainerAddress(account: account, container: container)
        let page = try await store.listBlobs(in: address, query)
        let found = page.blobs.map { blob in
            FoundPicture(
                key: ImageKey(account: account, container: container, name: blob.name.text),
                version: ImageVersion(blob.properties), sizeInBytes: blob.properties.length)
        }
        return (found, page.nextMarker)
    } catch let error as StorageError where error.code == .containerNotFound {
        return ([], nil)
    }
}
