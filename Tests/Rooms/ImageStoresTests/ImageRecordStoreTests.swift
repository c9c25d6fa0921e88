// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import ImageStores
import Testing

/// What every store promises.
@Suite(.timeLimit(.minutes(5)))
struct ImageRecordStoreTests {
    @Test(arguments: StoreKind.allCases)
    func returnsEveryFieldItWasGiven(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let record = fullRecord()
            let outcome = try await store.upsert(record)
            #expect(outcome == .stored)
            #expect(try await store.record(of: record.key) == record)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func keepsARecordWithoutFacts(kind: StoreKind) async throws {
        try await kind.withStore { store in
            var broken = record("broken.jpg", status: .failed)
            broken.reason = .init(code: "unsupported", sentence: "This is no picture.")
            try await store.upsert(broken)
            #expect(try await store.record(of: broken.key) == broken)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func knowsNothingOfAnUnknownPicture(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let found = try await store.record(of: record("a.jpg").key)
            #expect(found == nil)
            #expect(try await store.delete(record("a.jpg").key) == false)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func letsTheLaterVersionWinWhateverTheOrder(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.upsert(record("a.jpg", sequence: 9))
            #expect(try await store.upsert(record("a.jpg", sequence: 10)) == .stored)
            #expect(try await store.upsert(record("a.jpg", sequence: 8, status: .failed)) == .superseded)
            let kept = try #require(try await store.record(of: record("a.jpg").key))
            #expect(kept.version == record("a.jpg", sequence: 10).version)
            #expect(kept.status == .processed)
            #expect(try await store.count(matching: ImageFilter()) == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func replacesTheSameVersionAfterARetry(kind: StoreKind) async throws {
        try await kind.withStore { store in
            var failed = record("a.jpg", status: .failed)
            failed.reason = .init(code: "timeout", sentence: "It took too long.")
            try await store.upsert(failed)
            #expect(try await store.upsert(record("a.jpg")) == .stored)
            #expect(try await store.record(of: failed.key) == record("a.jpg"))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func remembersWhenAPictureFirstCame(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.upsert(record("a.jpg", sequence: 1))
            try await store.upsert(record("a.jpg", sequence: 2))
            let kept = try #require(try await store.record(of: record("a.jpg").key))
            #expect(kept.createdAt == record("a.jpg", sequence: 1).createdAt)
            #expect(kept.updatedAt == record("a.jpg", sequence: 2).updatedAt)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func endsWithTheLatestOfManyConcurrentWriters(kind: StoreKind) async throws {
        try await kind.withStore { store in
            await withTaskGroup(of: Void.self) { group in
                for sequence in (1...100).shuffled() {
                    group.addTask { _ = try? await store.upsert(record("a.jpg", sequence: Int64(sequence))) }
                }
            }
            let kept = try await store.record(of: record("a.jpg").key)
            #expect(kept?.version == record("a.jpg", sequence: 100).version)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func forgetsADeletedRecord(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.upsert(record("a.jpg"))
            try await store.upsert(record("b.jpg"))
            #expect(try await store.delete(record("a.jpg").key))
            #expect(try await store.record(of: record("a.jpg").key) == nil)
            #expect(try await store.count(matching: ImageFilter()) == 1)
        }
    }

    @Test(arguments: StoreKind.allCases, ImageQuery.Order.allCases)
    func pagesThroughAllRecordsOnceInOrder(kind: StoreKind, order: ImageQuery.Order) async throws {
        try await kind.withStore { store in
            // Pairs share a time, so that the id has to decide.
            for index in 0..<25 {
                try await store.upsert(record("\(index % 7)-\(index).jpg", sequence: Int64(index / 2)))
            }
            var query = ImageQuery(order: order, limit: 4)
            var seen: [ImageRecord] = []
            repeat {
                let page = try await store.page(of: query)
                #expect(page.records.count == 4 || page.next == nil)
                seen += page.records
                query.cursor = page.next
            } while query.cursor != nil
            #expect(Set(seen.map(\.key)).count == 25)
            #expect(seen.count == 25)
            #expect(zip(seen, seen.dropFirst()).allSatisfy { isInOrder($0, $1, order) })
        }
    }

    private func isInOrder(_ left: ImageRecord, _ right: ImageRecord, _ order: ImageQuery.Order) -> Bool {
        if order == .newest, left.updatedAt != right.updatedAt { return left.updatedAt > right.updatedAt }
        return left.key.id < right.key.id
    }

    private static let filters: [(name: String, filter: ImageFilter, found: Set<String>)] = {
        func filter(_ set: (inout ImageFilter) -> Void) -> ImageFilter {
            var filter = ImageFilter()
            set(&filter)
            return filter
        }
        let full = fullRecord()
        return [
            ("none", filter { _ in }, ["Cat.jpg", "100%_dog.png", full.key.name, "other.jpg"]),
            ("text in any case", filter { $0.text = "cAT" }, ["Cat.jpg"]),
            ("wildcards are plain", filter { $0.text = "%_" }, ["100%_dog.png"]),
            ("backslash is plain", filter { $0.text = "\\" }, []),
            ("not ASCII", filter { $0.text = "żół" }, [full.key.name]),
            ("account", filter { $0.account = "nobody" }, []),
            ("container", filter { $0.container = "other" }, ["other.jpg"]),
            ("status", filter { $0.status = .gone }, ["100%_dog.png"]),
            ("user", filter { $0.user = "vendor 7" }, [full.key.name]),
            ("bytes", filter { $0.sha256 = full.sha256 }, [full.key.name]),
            (
                "two at once",
                filter {
                    $0.status = .processed
                    $0.text = "jpg"
                }, ["Cat.jpg", "other.jpg"]
            ),
        ]
    }()

    @Test(arguments: StoreKind.allCases, filters.indices)
    func findsWhatAFilterAsksFor(kind: StoreKind, index: Int) async throws {
        let (name, filter, found) = Self.filters[index]
        try await kind.withStore { store in
            try await store.upsert(record("Cat.jpg"))
            try await store.upsert(record("100%_dog.png", status: .gone))
            try await store.upsert(record("other.jpg", container: "other"))
            try await store.upsert(fullRecord())
            let page = try await store.page(of: ImageQuery(filter))
            #expect(Set(page.records.map(\.key.name)) == found, "filter: \(name)")
            #expect(try await store.count(matching: filter) == found.count, "filter: \(name)")
        }
    }

    @Test(arguments: StoreKind.allCases, ["", "x", "newest 1", "newest x id", "name 0 a/b/c"])
    func refusesACursorThatIsNotItsOwn(kind: StoreKind, cursor: String) async throws {
        try await kind.withStore { store in
            var query = ImageQuery()
            query.cursor = cursor
            let error = await #expect(throws: ImageStoreError.self) { try await store.page(of: query) }
            #expect(error?.code == .invalidCursor)
        }
    }

    @Test(arguments: StoreKind.allCases, [0, -1, 1, Int.max])
    func boundsThePageSize(kind: StoreKind, limit: Int) async throws {
        try await kind.withStore { store in
            for index in 0..<3 { try await store.upsert(record("\(index).jpg")) }
            let page = try await store.page(of: ImageQuery(limit: limit))
            #expect(page.records.count == (limit > 1 ? 3 : 1))
        }
    }
}
