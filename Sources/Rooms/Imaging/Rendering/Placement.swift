// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Width and height in pixels.
struct PixelSize: Hashable {
    var width: Int
    var height: Int

    var longSide: Int { max(width, height) }
    var pixels: Int { width * height }

    /// The size times a factor, each side rounded, at least one pixel.
    func scaled(by factor: Double) -> PixelSize {
        PixelSize(
            width: max(1, Int((Double(width) * factor).rounded())),
            height: max(1, Int((Double(height) * factor).rounded())))
    }
}

/// How a picture becomes a rendition: resized as a whole, then cut.
struct Placement: Equatable {
    /// The whole picture's size after the resize.
    var whole: PixelSize
    /// The part that remains, in the middle; the whole for a plan that fits inside.
    var part: PixelSize

    /// The placement of an upright picture by a plan.
    init(of picture: PixelSize, by plan: RenditionPlan) {
        let ratios = [
            plan.width.map { Double($0) / Double(picture.width) },
            plan.height.map { Double($0) / Double(picture.height) },
        ].compactMap { $0 }
        let wanted = (plan.fit == .cover ? ratios.max() : ratios.min()) ?? 1
        let isEnlarged = wanted > 1 && plan.enlarge
        whole = picture.scaled(by: isEnlarged ? wanted : min(1, wanted))
        part = whole
        if plan.fit == .cover {
            part = PixelSize(
                width: min(whole.width, plan.width ?? whole.width),
                height: min(whole.height, plan.height ?? whole.height))
        }
    }

    /// The same placement, smaller or larger.
    func scaled(by factor: Double) -> Placement {
        var placement = self
        placement.whole = whole.scaled(by: factor)
        placement.part = part.scaled(by: factor)
        return placement
    }
}

/// The largest of 1, 2, 4 and 8 by which a decoder may shrink a picture without falling under `target`.
///
/// The decoder leaves out frequencies, which is as sharp as resampling and far cheaper.
func decoderShrink(from picture: PixelSize, to target: PixelSize) -> Int {
    [8, 4, 2].first { picture.longSide / $0 >= target.longSide } ?? 1
}
