// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL
import Testing

@testable import Postgres

struct StatementCacheTests {
    @Test func preparesAStatementOnceForValuesOfTheSameTypes() {
        var cache = StatementCache(limit: 10)
        let first = cache.statement("SELECT ?, ?", for: [1, "a"])
        let second = cache.statement("SELECT ?, ?", for: [2, "b"])
        #expect(first.isNew && !second.isNew)
        #expect(first.prepared.name == second.prepared.name)
        #expect(first.prepared.text == "SELECT $1, $2")
        #expect(first.prepared.types == [.integer, .inferred])
    }

    @Test func keepsTheTypeOfAPlaceThatIsEmptyNow() {
        var cache = StatementCache(limit: 10)
        let values: [[SQLValue]] = [[.null, .null], [1, .null], [.null, 2], [.null, .null], [1, 2]]
        let names = values.map { cache.statement("SELECT ?, ?", for: $0).prepared.name }
        #expect(names == ["s1", "s2", "s3", "s1", "s3"])
        #expect(cache.count == 3)
    }

    @Test func letsGoOfWhatWasNotUsedForLongest() {
        var cache = StatementCache(limit: 2)
        for sql in ["a", "b", "a", "c"] { _ = cache.statement(sql, for: []) }
        cache.trim()
        #expect(cache.count == 2)
        #expect(cache.retired == ["s2"])
        #expect(!cache.statement("a", for: []).isNew)
        cache.released("s2")
        #expect(cache.retired.isEmpty)
        #expect(cache.statement("b", for: []).isNew)
    }

    @Test func forgetsWhatTheServerRefused() {
        var cache = StatementCache(limit: 2)
        let refused = cache.statement("nonsense", for: []).prepared.name
        cache.drop("nonsense")
        cache.forget([refused])
        #expect(cache.retired.isEmpty)
        #expect(cache.count == 0)
        #expect(cache.statement("nonsense", for: []).isNew)
    }
}
