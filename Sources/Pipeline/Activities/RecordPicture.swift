// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
public import ImageStores

/// Writes a record into one store.
public struct RecordPicture: Activity {
    /// A record and the store it goes to.
    public struct Input: Codable, Sendable {
        /// The store's name in the configuration.
        public var store: String
        /// What to write.
        public var record: ImageRecord
    }

    /// The name in histories.
    public static let name = "RecordPicture"

    private let stores: [String: any ImageRecordStore]

    /// An activity over stores by their names.
    public init(stores: [String: any ImageRecordStore]) { self.stores = stores }

    /// Writes the record; a later version that is there already stays.
    ///
    /// - Throws: when the store failed.
    public func run(_ context: ActivityContext, _ input: Input) async throws -> Nothing {
        guard let store = stores[input.store] else {
            throw TaskFailure(
                type: "UnknownStore", message: "there is no store \"\(input.store)\" in the configuration any more",
                isRetriable: false)
        }
        try await store.upsert(input.record)
        return Nothing()
    }
}
