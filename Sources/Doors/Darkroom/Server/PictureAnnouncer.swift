// Darkroom
// SPDX-License-Identifier: Apache-2.0

import ImageStores
import Pipeline

/// Tells people and the log how runs ended.
struct PictureAnnouncer: Sendable {
    private let finished: @Sendable (ImageRecord) -> Void

    init(_ settings: Settings, finished: @escaping @Sendable (ImageRecord) -> Void) throws {
        self.finished = finished
    }

    func announce(_ ending: AnnouncePicture.Input) async throws {
        finished(ending.record)
    }
}
