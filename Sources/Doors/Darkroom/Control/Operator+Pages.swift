// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import ImageStores

extension Operator {
    /// The most of one question; longer lists are asked for in pages.
    private static var pageSize: Int { 1000 }

    /// As many records as the query allows, however many pages that takes.
    public func allImages(_ query: ImageQuery) async throws -> ImageListing {
        var page = query
        var listing = ImageListing(images: [], next: query.cursor)
        repeat {
            page.limit = min(Self.pageSize, query.limit - listing.images.count)
            page.cursor = listing.next
            let found = try await images(page)
            listing.images += found.images
            listing.next = found.next
        } while listing.next != nil && listing.images.count < query.limit
        return listing
    }

    /// As many runs as the query allows, however many pages that takes.
    public func allRuns(_ query: RunQuery) async throws -> RunListing {
        var page = query
        var listing = RunListing(runs: [], next: query.after)
        repeat {
            page.limit = min(Self.pageSize, query.limit - listing.runs.count)
            page.after = listing.next
            let found = try await runs(page)
            listing.runs += found.runs
            listing.next = found.next
        } while listing.next != nil && listing.runs.count < query.limit
        return listing
    }
}
