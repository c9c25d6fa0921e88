// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import ImageStores
public import Imaging

/// Looks at a picture's header: whether it is still there, and whether it is worth decoding.
///
/// A blob that changed since its event has a later version, which may have no event of its own (setting metadata makes
/// none). So the later version is admitted here: its run either exists already or is started.
public struct InspectPicture: Activity {
    /// What was found.
    public enum Finding: Codable, Sendable, Equatable {
        /// A picture to work on: who uploaded it, and what its header says.
        case picture(user: String?, facts: Imaging.ImageFacts)
        /// Nothing is there any more.
        case gone
        /// Something later is there; its own run takes care of it.
        case superseded
    }

    /// The name in histories.
    public static let name = "InspectPicture"

    private let storage: any PictureStorage
    private let processor: any ImageProcessor
    private let limits: ImagingLimits
    private let admit: @Sendable (PictureArrival) async throws -> Void

    /// An activity over a storage and image workers.
    ///
    /// - Parameter admit: Starts the run of an arrival, unless it exists.
    public init(
        storage: any PictureStorage, processor: any ImageProcessor, limits: ImagingLimits,
        admit: @escaping @Sendable (PictureArrival) async throws -> Void
    ) {
        self.storage = storage
        self.processor = processor
        self.limits = limits
        self.admit = admit
    }

    /// Inspects the picture.
    ///
    /// - Throws: `ImageRejection` when the picture cannot be processed.
    public func run(_ context: ActivityContext, _ picture: PictureArrival) async throws -> Finding {
        guard let stored = try await storage.current(picture.key) else { return .gone }
        guard stored.version.etag == picture.version.etag else { return try await supersede(picture, by: stored) }
        do {
            let facts = try await storage.withContent(of: picture.key, version: picture.version) {
                try await processor.inspect($0, limits: limits)
            }
            return .picture(user: stored.user, facts: facts)
        } catch PictureUnavailable.gone {
            return .gone
        } catch PictureUnavailable.replaced {
            return try await run(context, picture)
        }
    }

    private func supersede(_ picture: PictureArrival, by stored: StoredPicture) async throws -> Finding {
        var later = picture
        later.version = stored.version
        later.sizeInBytes = stored.sizeInBytes
        try await admit(later)
        return .superseded
    }
}
