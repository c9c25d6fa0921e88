// Darkroom
// SPDX-License-Identifier: Apache-2.0

import ImageStores
import Imaging

extension ImageStores.ImageFacts {
    /// What a record keeps of what was measured.
    init(_ facts: Imaging.ImageFacts) {
        self.init(width: facts.width, height: facts.height, format: facts.format.rawValue)
        takenAt = facts.exif?.takenAt
        camera = cameraName(facts.exif)
        place = facts.location.map { Place(latitude: $0.latitude, longitude: $0.longitude) }
        orientation = facts.orientation
        colourSpace = facts.colourSpace.rawValue
        hasICCProfile = facts.profile != nil
        bitDepth = facts.bitDepth
        hasAlpha = facts.hasAlpha
        frames = facts.frames
        dominantColour = facts.dominantColour?.description
        blurhash = facts.blurhash
    }
}

/// Maker and model; many models begin with their maker already.
private func cameraName(_ exif: ExifFacts?) -> String? {
    guard let exif else { return nil }
    guard let make = exif.cameraMake, let model = exif.cameraModel else { return exif.cameraModel ?? exif.cameraMake }
    return model.lowercased().hasPrefix(make.lowercased()) ? model : "\(make) \(model)"
}
