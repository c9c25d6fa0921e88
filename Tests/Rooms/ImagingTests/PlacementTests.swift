// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

@Suite struct PlacementTests {
    struct Case: Sendable {
        var picture: (Int, Int)
        var box: (Int?, Int?)
        var fit = RenditionPlan.Fit.inside
        var enlarge = false
        var whole: (Int, Int)
        var part: (Int, Int)?
    }

    @Test(arguments: [
        Case(picture: (4000, 3000), box: (100, 100), whole: (100, 75)),
        Case(picture: (3000, 4000), box: (1600, 1600), whole: (1200, 1600)),
        Case(picture: (4000, 3000), box: (nil, nil), whole: (4000, 3000)),
        Case(picture: (4000, 3000), box: (400, nil), whole: (400, 300)),
        Case(picture: (4000, 3000), box: (nil, 300), whole: (400, 300)),
        Case(picture: (80, 60), box: (100, 100), whole: (80, 60)),
        Case(picture: (80, 60), box: (160, 160), enlarge: true, whole: (160, 120)),
        Case(picture: (10_000, 2), box: (100, 100), whole: (100, 1)),
        Case(picture: (4000, 3000), box: (100, 100), fit: .cover, whole: (133, 100), part: (100, 100)),
        Case(picture: (3000, 4000), box: (160, 90), fit: .cover, whole: (160, 213), part: (160, 90)),
        Case(picture: (80, 60), box: (70, 100), fit: .cover, whole: (80, 60), part: (70, 60)),
        Case(picture: (80, 60), box: (100, 120), fit: .cover, enlarge: true, whole: (160, 120), part: (100, 120)),
    ])
    func aPictureMeetsItsBox(_ test: Case) {
        var plan = RenditionPlan(name: "x", fit: test.fit, width: test.box.0, height: test.box.1)
        plan.enlarge = test.enlarge
        let placement = Placement(of: PixelSize(width: test.picture.0, height: test.picture.1), by: plan)
        #expect(placement.whole == PixelSize(width: test.whole.0, height: test.whole.1))
        let part = test.part ?? test.whole
        #expect(placement.part == PixelSize(width: part.0, height: part.1))
    }

    @Test(arguments: [
        (4000, 1600, 2), (6000, 1600, 2), (6400, 1600, 4), (8064, 1600, 4), (4000, 100, 8), (4000, 500, 8),
        (4000, 501, 4),
        (1600, 1600, 1), (3199, 1600, 1),
    ])
    func aDecoderShrinksNotBelowTheTarget(picture: Int, target: Int, shrink: Int) {
        let picture = PixelSize(width: picture / 2, height: picture)
        #expect(decoderShrink(from: picture, to: PixelSize(width: target, height: target / 2)) == shrink)
    }

    struct Pass: Sendable {
        var plans: [RenditionPlan]
        var orientation = 1
        var hasAlpha = false
        var box: Int?
    }

    private static let full = RenditionPlan(name: "full")

    @Test(arguments: [
        Pass(plans: [.thumbnail, full], box: 20), Pass(plans: [full], box: 62), Pass(plans: [full, full], box: nil),
        Pass(plans: [.thumbnail, .web, full], box: nil), Pass(plans: [.thumbnail, .web], box: nil),
        Pass(plans: [.thumbnail, full], orientation: 6, box: nil),
        Pass(plans: [.thumbnail, full], hasAlpha: true, box: nil),
        Pass(plans: [.thumbnail, RenditionPlan(name: "full", format: .webp)], box: nil), Pass(plans: [], box: nil),
    ])
    func aRenditionAtFullSizeIsEncodedOnTheWay(_ test: Pass) {
        var header = PictureHeader(stored: PixelSize(width: 4000, height: 3000))
        header.orientation = test.orientation
        header.hasAlpha = test.hasAlpha
        let placements = test.plans.map { Placement(of: header.displayed, by: $0) }
        let pass = StreamingPass(
            test.plans, placements, of: header, colourSize: PixelSize(width: 32, height: 24))
        #expect(pass?.box == test.box)
        if let pass { #expect(test.plans[pass.index] == Self.full) }
    }
}
