// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials
public import ImageStores

/// Tells those who want to know how a picture's run ended.
public struct AnnouncePicture: Activity {
    /// How a run ended, and by which route to tell it.
    public struct Input: Codable, Sendable {
        /// The route's name; nil is the server's own output.
        public var route: String?
        /// How it ended.
        public var record: ImageRecord

        /// The same text whenever this ending is announced, and another for each retry of the run.
        public var key: String {
            "\(record.runID ?? record.key.id):\(Int64(record.updatedAt.timeIntervalSince1970 * 1000))"
        }
    }

    /// The name in histories.
    public static let name = "AnnouncePicture"

    private let announce: @Sendable (Input) async throws -> Void

    /// An activity that hands each ending on.
    ///
    /// - Parameter announce: Must recognise an ending that it knows: the activity runs again after a crash.
    public init(announce: @escaping @Sendable (Input) async throws -> Void) {
        self.announce = announce
    }

    /// Announces the ending.
    ///
    /// - Throws: when a notice could not be handed over.
    public func run(_ context: ActivityContext, _ input: Input) async throws -> Nothing {
        try await announce(input)
        return Nothing()
    }
}
