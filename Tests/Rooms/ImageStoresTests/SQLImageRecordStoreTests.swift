// Darkroom
// SPDX-License-Identifier: Apache-2.0

import ImageStores
import SQL
import SQLite
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SQLImageRecordStoreTests {
    @Test func beginsWithTheFiveColumnsPeopleKnow() async throws {
        try await withDatabase { database in
            let store = try await SQLImageRecordStore(preparing: database)
            try await store.upsert(fullRecord())
            let rows = try await database.read { connection in
                try connection.query("SELECT name FROM pragma_table_info('ImageMetadata') ORDER BY cid LIMIT 5")
            }
            #expect(rows.map { $0.text(0) } == ["file_name", "file_size_kb", "width", "height", "format"])
            let row = try await database.read { try $0.query("SELECT * FROM ImageMetadata")[0] }
            #expect(
                Array(row.values.prefix(5)) == [
                    "kat żółta.jpg", .real(1205.63), 4000, 3000, "JPEG",
                ])
        }
    }

    @Test func opensATableThatIsThereAlready() async throws {
        try await withDatabase { database in
            try await SQLImageRecordStore(preparing: database).upsert(fullRecord())
            let again = try await SQLImageRecordStore(preparing: database)
            #expect(try await again.record(of: fullRecord().key) == fullRecord())
        }
    }

    @Test func refusesATableFromANewerProgram() async throws {
        try await withDatabase { database in
            _ = try await SQLImageRecordStore(preparing: database)
            try await database.write { try $0.execute("UPDATE ImageMetadataVersion SET version = 1000") }
            let error = await #expect(throws: ImageStoreError.self) {
                _ = try await SQLImageRecordStore(preparing: database)
            }
            #expect(error?.code == .newerSchema)
        }
    }

    @Test func saysThatARowWasSpoiltWithoutShowingIt() async throws {
        try await withDatabase { database in
            let store = try await SQLImageRecordStore(preparing: database)
            try await store.upsert(fullRecord())
            try await database.write { try $0.execute("UPDATE ImageMetadata SET renditions = 'secret'") }
            let error = await #expect(throws: ImageStoreError.self) {
                _ = try await store.record(of: fullRecord().key)
            }
            #expect(error?.code == .invalidRow)
            #expect(error?.message.contains("secret") == false)
        }
    }

    @Test(arguments: ImageQuery.Order.allCases)
    func readsPagesAlongAnIndex(order: ImageQuery.Order) async throws {
        try await withDatabase { database in
            _ = try await SQLImageRecordStore(preparing: database)
            let column = order == .newest ? "updated_at DESC, id" : "id"
            let plan = try await database.read { connection in
                try connection.query("EXPLAIN QUERY PLAN SELECT * FROM ImageMetadata ORDER BY \(column) LIMIT 10")
            }
            #expect(!plan.contains { $0.text(3).contains("TEMP B-TREE") })
        }
    }
}

struct ImageKeyTests {
    @Test(arguments: [
        ("a/b/c", "a", "b", "c"), ("a/b/c/d e.jpg", "a", "b", "c/d e.jpg"), ("a/b//", "a", "b", "/"),
    ])
    func readsItsIDBack(id: String, account: String, container: String, name: String) throws {
        let key = try #require(ImageKey(id: id))
        #expect(key == ImageKey(account: account, container: container, name: name))
        #expect(key.id == id)
    }

    @Test(arguments: ["", "a", "a/b", "a/b/", "/b/c", "a//c"])
    func refusesAnIDWithoutThreeParts(id: String) {
        #expect(ImageKey(id: id) == nil)
    }

    @Test(arguments: [(9, 10), (0, 1), (99, .max)] as [(Int64, Int64)])
    func ordersVersionsByNumber(earlier: Int64, later: Int64) {
        let first = ImageVersion(sequence: earlier, etag: "b")
        let second = ImageVersion(sequence: later, etag: "a")
        #expect(second.isLater(than: first))
        #expect(!first.isLater(than: second))
        #expect(!first.isLater(than: first))
    }
}
