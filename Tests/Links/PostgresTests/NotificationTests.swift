// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Postgres
import SQL
import Testing

@Suite(.timeLimit(.minutes(5)))
struct NotificationTests {
    private func notify(_ database: PostgresDatabase, _ channel: String, _ payload: String) async throws {
        try await database.write { try $0.execute("SELECT pg_notify(?, ?)", [.text(channel), .text(payload)]) }
    }

    @Test(arguments: ["work", "We\"ird; -- channel", "ż"])
    func bringsWhatWasCommitted(channel: String) async throws {
        try await withSharedDatabase { database in
            var heard = database.notifications(on: channel).makeAsyncIterator()
            #expect(await heard.next() == .listening)
            try await notify(database, channel, "first")
            try await notify(database, "elsewhere", "not for us")
            try await notify(database, channel, "")
            #expect(await heard.next() == .message("first"))
            #expect(await heard.next() == .message(""))
        }
    }

    @Test func saysWhenMessagesMayHaveBeenMissed() async throws {
        try await withDatabase { database, place in
            var heard = database.notifications(on: "work").makeAsyncIterator()
            #expect(await heard.next() == .listening)
            for round in 0..<3 {
                try await place.cut()
                #expect(await heard.next() == .listening)
                try await notify(database, "work", "\(round)")
                #expect(await heard.next() == .message("\(round)"))
            }
        }
    }

    @Test func tellsASlowConsumerOfTheGap() async throws {
        try await withDatabase(.with { $0.waitingNotifications = 4 }) { database, _ in
            var heard = database.notifications(on: "work").makeAsyncIterator()
            #expect(await heard.next() == .listening)
            let rows: [[SQLValue]] = (0..<100).map { [.text("\($0)")] }
            var next = PostgresNotification.message("")
            // A consumer that happens to keep up hears the last one, and is tried again.
            while next != .listening {
                _ = try await database.write { try $0.queryEach("SELECT pg_notify('work', ?)", rows) }
                repeat { next = try #require(await heard.next()) } while next != .listening && next != .message("99")
            }
        }
    }

    @Test func endsWithTheDatabase() async throws {
        try await withDatabase { database, _ in
            var heard = database.notifications(on: "work").makeAsyncIterator()
            #expect(await heard.next() == .listening)
            database.close()
            #expect(await heard.next() == nil)
            var late = database.notifications(on: "work").makeAsyncIterator()
            #expect(await late.next() == nil)
        }
    }

    @Test func letsGoOfTheConnectionWhenTheConsumerStops() async throws {
        try await withDatabase { database, place in
            let consumer = Task {
                for await notification in database.notifications(on: "work") where notification != .listening { return }
            }
            try await waitForListeners(1, of: place, database)
            consumer.cancel()
            await consumer.value
            try await waitForListeners(0, of: place, database)
        }
    }

    private func waitForListeners(_ count: Int64, of place: Place, _ database: PostgresDatabase) async throws {
        let listeners = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = ? AND query LIKE 'LISTEN %' AND pg_sleep(0.01) IS NOT NULL
            """
        while try await database.read({ try $0.query(listeners, [.text(place.database)])[0].int(0) }) != count {}
    }
}
