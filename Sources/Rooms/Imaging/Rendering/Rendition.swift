// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One rendition in the making.
struct Rendition {
    let plan: RenditionPlan
    let placement: Placement
    /// The whole picture at the size of the placement.
    let whole: VipsRaster

    /// What a rendition shrinks to at least when no bearable quality fits its bytes: 1600 pixels become 1280,
    /// where the same bytes look better.
    private static let fallback = 0.8
    /// The least shrinking worth a try; a picture this much smaller than planned is accepted as it is.
    private static let smallestScale = 0.05

    /// The rendition as a file, within the plan's bytes: at a lower quality, then smaller, until it fits.
    func encode() throws -> (file: EncodedFile, result: RenditionResult) {
        let raster = try cut(whole, to: placement.part)
        guard let maxBytes = plan.maxBytes, plan.format.isLossy else {
            return try result(raster, encode(raster, plan.quality), quality: plan.quality)
        }
        var found = try search(raster, from: plan.quality, maxBytes: maxBytes)
        var fitted = raster
        var scale = 1.0
        while found.file.count > maxBytes, scale > Self.smallestScale {
            let shrinking = min(Self.fallback, (Double(maxBytes) / Double(found.file.count)).squareRoot())
            let start = QualitySearch.start(
                after: found.quality, bytes: found.file.count, scale: shrinking, maxBytes: maxBytes)
            scale *= shrinking
            let smaller = placement.scaled(by: scale)
            fitted = try cut(whole.resized(to: smaller.whole), to: smaller.part)
            found = try search(fitted, from: start, maxBytes: maxBytes)
        }
        return result(fitted, found.file, quality: found.quality)
    }

    private func cut(_ raster: VipsRaster, to part: PixelSize) throws -> VipsRaster {
        let cut = part == raster.size ? raster : try raster.middle(part)
        return plan.format.keepsAlpha ? cut : try cut.flattened(on: plan.background)
    }

    /// The best file that fits, or the smallest one.
    private func search(
        _ raster: VipsRaster, from start: Int, maxBytes: Int
    ) throws -> (file: EncodedFile, quality: Int) {
        let floor = min(plan.format.lowestQuality, plan.quality)
        var search = QualitySearch(maxBytes: maxBytes, floor: floor, ceiling: plan.quality)
        var files: [Int: EncodedFile] = [:]
        var quality = min(max(start, floor), plan.quality)
        while true {
            let file = try files[quality] ?? encode(raster, quality)
            files[quality] = file
            switch search.next(after: quality, bytes: file.count) {
            case .encode(let next): quality = next
            case .accept(let best): return (files[best] ?? file, best)
            case .giveUp: return (file, quality)
            }
        }
    }

    private func encode(_ raster: VipsRaster, _ quality: Int) throws -> EncodedFile {
        try raster.encoded(by: plan, quality: quality)
    }

    private func result(
        _ raster: VipsRaster, _ file: EncodedFile, quality: Int
    ) -> (file: EncodedFile, result: RenditionResult) {
        let result = RenditionResult(
            name: plan.name, format: plan.format, width: raster.size.width, height: raster.size.height,
            quality: plan.format.isLossy ? quality : nil)
        return (file, result)
    }
}
