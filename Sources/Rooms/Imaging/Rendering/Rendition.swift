// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One rendition in the making.
struct Rendition {
    let plan: RenditionPlan
    let placement: Placement
    /// The whole picture at the size of the placement.
    let whole: VipsRaster

    /// What a rendition shrinks to when no bearable quality fits its bytes: 1600 pixels become 1280, where
    /// the same bytes look better.
    private static let fallback = 0.8

    /// The rendition as a file, within the plan's bytes if that is possible.
    func encode() throws -> (file: EncodedFile, result: RenditionResult) {
        let raster = try cut(whole, to: placement.part)
        guard let maxBytes = plan.maxBytes, plan.format.isLossy else {
            return try result(raster, encode(raster, plan.quality), quality: plan.quality)
        }
        let first = try search(raster, maxBytes: maxBytes)
        if first.file.count <= maxBytes { return result(raster, first.file, quality: first.quality) }
        let smaller = placement.scaled(by: Self.fallback)
        let small = try cut(whole.resized(to: smaller.whole), to: smaller.part)
        let second = try search(small, maxBytes: maxBytes)
        return result(small, second.file, quality: second.quality)
    }

    private func cut(_ raster: VipsRaster, to part: PixelSize) throws -> VipsRaster {
        let cut = part == raster.size ? raster : try raster.middle(part)
        return plan.format.keepsAlpha ? cut : try cut.flattened(on: plan.background)
    }

    /// The best file that fits, or the smallest one.
    private func search(_ raster: VipsRaster, maxBytes: Int) throws -> (file: EncodedFile, quality: Int) {
        var search = QualitySearch(
            maxBytes: maxBytes, startingAt: plan.quality, floor: plan.format.lowestQuality)
        var files: [Int: EncodedFile] = [:]
        var quality = plan.quality
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
