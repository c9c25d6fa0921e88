// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The place after a record, in one of the orders.
struct ImageCursor: Equatable {
    /// Milliseconds since 1970; 0 in the order by name.
    let updatedAt: Int64
    /// The key's id.
    let id: String

    init(after record: ImageRecord, order: ImageQuery.Order) {
        updatedAt = order == .newest ? milliseconds(record.updatedAt) : 0
        id = record.key.id
    }

    /// Reads a cursor back.
    init(_ text: String, order: ImageQuery.Order) throws {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == order.rawValue, let time = Int64(parts[1]) else {
            throw ImageStoreError(
                code: .invalidCursor,
                message: "the page cursor is not one of this list; start again without a cursor")
        }
        updatedAt = time
        id = String(parts[2])
    }

    func text(_ order: ImageQuery.Order) -> String { "\(order.rawValue) \(updatedAt) \(id)" }
}
