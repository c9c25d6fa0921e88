// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A rendition at the picture's own size, encoded while the picture is decoded.
///
/// The picture then never lies in memory as a whole, which saves half the memory and a quarter of the time;
/// the other renditions are made from a reduction that is taken on the way.
struct StreamingPass: Equatable {
    /// The rendition's place among the plans.
    let index: Int
    /// Each pixel of the reduction is the mean of that many pixels in both directions.
    let box: Int

    /// The largest box that the reduction is made with.
    private static let largestBox = 256
    /// The reduction is so many times as large as what is made from it: then its boxes are not seen.
    private static let spare = 2

    /// Nil when no rendition can be encoded on the way, or another one is too large for a reduction.
    init?(_ plans: [RenditionPlan], _ placements: [Placement], of header: PictureHeader, colourSize: PixelSize) {
        let candidate = plans.indices.first { index in
            let (plan, placement) = (plans[index], placements[index])
            return plan.format == .jpeg && plan.maxBytes == nil && placement.whole == header.displayed
                && placement.part == placement.whole
        }
        guard let index = candidate, header.orientation == 1, !header.hasAlpha else { return nil }
        let others = placements.indices.filter { $0 != index }.map { placements[$0].whole.longSide }
        let needed = max(colourSize.longSide, others.max() ?? 0)
        let box = min(header.displayed.longSide / (needed * Self.spare), Self.largestBox)
        guard box >= 2 else { return nil }
        self.index = index
        self.box = box
    }
}
