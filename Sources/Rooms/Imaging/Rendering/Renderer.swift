// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Makes all renditions of one picture from one decode.
///
/// The largest rendition is decoded to, the others are made from that raster, and the colours are judged
/// on what the smallest one leaves.
struct Renderer {
    let inspection: Inspection
    let plans: [RenditionPlan]
    let limits: ImagingLimits

    /// Takes each rendition as soon as it is encoded: its place among the plans, what it is, its bytes.
    typealias Delivery = (Int, RenditionResult, EncodedFile) throws -> Void

    /// Renders every plan and completes the facts.
    ///
    /// - Throws: ``ImageRejection``, ``ImagingFailure``, what `deliver` throws.
    func render(deliver: Delivery) throws -> ImageFacts {
        let placements = plans.map { Placement(of: inspection.header.displayed, by: $0) }
        try check(placements)
        let decoded = try decode(placements)
        var smallest = decoded.base
        for (index, plan) in plans.enumerated() {
            if let streamed = decoded.streamed, streamed.index == index {
                try deliver(index, streamed.result, streamed.file)
                continue
            }
            let raster = try encoding(plan) { try whole(placements[index], from: decoded.base) }
            let rendition = Rendition(plan: plan, placement: placements[index], whole: raster)
            let encoded = try encoding(plan) { try rendition.encode() }
            try deliver(index, encoded.result, encoded.file)
            if raster.size.pixels < smallest.size.pixels, raster.size.longSide >= SmallRaster.longSide {
                smallest = raster
            }
        }
        return try facts(from: smallest)
    }

    private func check(_ placements: [Placement]) throws {
        for (plan, placement) in zip(plans, placements) {
            try limits.check(placement.whole, frames: 1, scans: 1)
            guard placement.part.longSide <= plan.format.maxSide else {
                throw ImageRejection(
                    .tooManyPixels,
                    "Rendition \(plan.name) would be \(placement.part.longSide) pixels long; "
                        + "\(plan.format.rawValue) holds \(plan.format.maxSide).")
            }
        }
    }

    private func largest(of placements: [Placement]) -> PixelSize {
        placements.map(\.whole).max { $0.pixels < $1.pixels } ?? colourSize
    }

    /// The size that colours are judged at.
    private var colourSize: PixelSize {
        let picture = inspection.header.displayed
        return picture.scaled(by: min(1, Double(SmallRaster.longSide) / Double(picture.longSide)))
    }

    /// What the one decode gives.
    private struct Decoded {
        /// The raster that renditions are made from.
        var base: VipsRaster
        /// The rendition that was encoded on the way.
        var streamed: (index: Int, result: RenditionResult, file: EncodedFile)?
    }

    /// The one decode.
    ///
    /// Here a decoder is chosen by what the header says; libvips takes every picture, a faster one may take
    /// those it knows.
    private func decode(_ placements: [Placement]) throws -> Decoded {
        try rejecting(inspection.format, inspection.outline) {
            if let pass = StreamingPass(plans, placements, of: inspection.header, colourSize: colourSize) {
                return try stream(pass)
            }
            let size = largest(of: placements)
            var decoding = VipsDecoding(format: inspection.format)
            if inspection.format == .jpeg || inspection.format == .webp {
                decoding.shrink = decoderShrink(from: inspection.header.stored, to: size)
            }
            decoding.background = commonBackground
            return Decoded(base: try Vips.raster(of: inspection.file, decoding, size: size))
        }
    }

    private func stream(_ pass: StreamingPass) throws -> Decoded {
        let plan = plans[pass.index]
        let (file, reduction) = try Vips.encodeWhole(inspection.file, as: inspection.format, by: plan, box: pass.box)
        let size = inspection.header.displayed
        let result = RenditionResult(
            name: plan.name, format: plan.format, width: size.width, height: size.height, quality: plan.quality)
        return Decoded(base: reduction, streamed: (pass.index, result, file))
    }

    /// The colour to lay transparent parts on before the resize: possible when no rendition keeps them.
    private var commonBackground: RGBColour? {
        let backgrounds = Set(plans.map { $0.format.keepsAlpha ? nil : $0.background })
        return backgrounds.count == 1 ? backgrounds.first ?? nil : nil
    }

    private func whole(_ placement: Placement, from base: VipsRaster) throws -> VipsRaster {
        placement.whole == base.size ? base : try base.resized(to: placement.whole)
    }

    private func facts(from raster: VipsRaster) throws -> ImageFacts {
        let small = try rejecting(inspection.format, inspection.outline) {
            try raster.resized(to: colourSize).pixels()
        }
        var facts = inspection.facts
        facts.dominantColour = small.dominantColour
        facts.blurhash = BlurHash.text(of: small)
        facts.warnings = Vips.takeWarnings()
        return facts
    }

    private func encoding<Value>(_ plan: RenditionPlan, _ step: () throws -> Value) throws -> Value {
        do { return try step() } catch let error as VipsError {
            throw ImagingFailure(
                .encodingFailed, "Rendition \(plan.name) cannot be written as \(plan.format.rawValue): \(error.message)"
            )
        }
    }
}
