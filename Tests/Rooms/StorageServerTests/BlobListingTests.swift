// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Testing

@testable import StorageServer

@Suite(.timeLimit(.minutes(5)))
struct BlobListingTests {
    private func filled(_ names: [String]) async throws -> StoreFixture {
        let fixture = try await StoreFixture()
        try await fixture.store.createContainer(container())
        for name in names { try await fixture.store.put([1], as: blob(name)) }
        return fixture
    }

    private func shown(_ page: BlobListPage) -> [String] {
        page.entries.map { entry in
            switch entry {
            case .blob(let name, _): name.text
            case .uncommitted(let name): "(\(name.text))"
            case .prefix(let prefix): "[\(prefix)]"
            }
        }
    }

    @Test func listsInByteOrder() async throws {
        let fixture = try await filled(["b", "a", "é", "B", "a/1", "🙂", "\u{FFFD}"])
        let page = try await fixture.store.listBlobs(in: container())
        #expect(shown(page) == ["B", "a", "a/1", "b", "é", "\u{FFFD}", "🙂"])
        #expect(page.nextMarker == nil)
    }

    @Test func showsFoldersByDelimiter() async throws {
        let fixture = try await filled(["a", "x/1", "x/2", "x/y/3", "x0", "z/4"])
        var query = BlobListQuery()
        query.delimiter = "/"
        #expect(try await shown(fixture.store.listBlobs(in: container(), query)) == ["a", "[x/]", "x0", "[z/]"])
        query.prefix = "x/"
        #expect(try await shown(fixture.store.listBlobs(in: container(), query)) == ["x/1", "x/2", "[x/y/]"])
        query.delimiter = "y/"
        #expect(try await shown(fixture.store.listBlobs(in: container(), query)) == ["x/1", "x/2", "[x/y/]"])
    }

    @Test(arguments: [1, 2, 3, 7, 5_000], ["", "d/", "nothing"])
    func pagesTogetherShowEverythingOnce(limit: Int, prefix: String) async throws {
        let names = (0..<20).map { "d/\($0 % 3)/\($0)" } + ["d", "e"]
        let fixture = try await filled(names)
        for delimiter in [nil, "/"] {
            var query = BlobListQuery(prefix: prefix)
            query.delimiter = delimiter
            let whole = try await shown(fixture.store.listBlobs(in: container(), query))
            query.limit = limit
            var paged: [String] = []
            repeat {
                let page = try await fixture.store.listBlobs(in: container(), query)
                #expect(page.entries.count <= limit)
                paged += shown(page)
                query.marker = page.nextMarker
            } while query.marker != nil
            #expect(paged == whole)
        }
    }

    @Test func aMarkerSurvivesChangesAndRestarts() async throws {
        let fixture = try await filled(["a", "b", "c", "d"])
        var query = BlobListQuery()
        query.limit = 2
        query.marker = try await fixture.store.listBlobs(in: container(), query).nextMarker
        try await fixture.store.delete(blob("b"))
        try await fixture.store.put([1], as: blob("bb"))
        try await fixture.restart()
        #expect(try await shown(fixture.store.listBlobs(in: container(), query)) == ["bb", "c"])
    }

    @Test(arguments: ["x", "MQ", "ff==", "🙂"])
    func refusesMarkersThatItDidNotMake(marker: String) async throws {
        let fixture = try await filled([])
        var query = BlobListQuery()
        query.marker = marker
        await #expect(throws: StorageError.self) { try await fixture.store.listBlobs(in: container(), query) }
    }

    @Test func showsUncommittedBlobsWhenAsked() async throws {
        let fixture = try await filled(["a", "c"])
        try await fixture.putBlock("AAAA", pattern(5), of: "b")
        try await fixture.putBlock("AAAA", pattern(5), of: "c")
        var query = BlobListQuery()
        #expect(try await shown(fixture.store.listBlobs(in: container(), query)) == ["a", "c"])
        query.includesUncommitted = true
        #expect(try await shown(fixture.store.listBlobs(in: container(), query)) == ["a", "(b)", "c"])
        query.limit = 1
        query.prefix = "b"
        let page = try await fixture.store.listBlobs(in: container(), query)
        #expect(shown(page) == ["(b)"])
        #expect(page.nextMarker == nil)
    }

    @Test(
        arguments: [
            ("a", "b"), ("az", "a{"), ("", nil), ("a\u{D7FF}", "a\u{E000}"), ("a\u{10FFFF}", "b"), ("\u{10FFFF}", nil),
        ] as [(String, String?)])
    func theSuccessorOfAPrefixIsBehindAllThatBeginWithIt(prefix: String, expected: String?) {
        #expect(successor(ofPrefix: prefix) == expected)
    }

    @Test func listsContainersByPage() async throws {
        let fixture = try await StoreFixture()
        for name in ["one", "two", "three", "tea"] { try await fixture.store.createContainer(container(name)) }
        var query = ContainerListQuery()
        query.prefix = "t"
        query.limit = 2
        let first = try await fixture.store.listContainers(of: account, query)
        #expect(first.entries.map(\.name.text) == ["tea", "three"])
        query.marker = first.nextMarker
        let second = try await fixture.store.listContainers(of: account, query)
        #expect(second.entries.map(\.name.text) == ["two"])
        #expect(second.nextMarker == nil)
        #expect(try await fixture.store.listContainers(of: "another").entries.isEmpty)
    }
}
