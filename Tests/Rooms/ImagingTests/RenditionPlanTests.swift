// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Imaging
import Testing

@Suite struct RenditionPlanTests {
    private func plan(_ json: String) throws -> RenditionPlan {
        try JSONDecoder().decode(RenditionPlan.self, from: Data(json.utf8))
    }

    @Test func theDocumentsRecipeIsTwoKeys() throws {
        let plan = try plan(#"{"name": "web", "format": "jpeg", "quality": 85}"#)
        #expect(plan.width == nil && plan.height == nil && plan.quality == 85 && !plan.enlarge && !plan.progressive)
        try plan.validate()
    }

    @Test(arguments: [("jpeg", 80), ("webp", 78), ("avif", 60)])
    func theQualityFollowsTheFormat(format: String, quality: Int) throws {
        #expect(try plan(#"{"name": "web", "format": "\#(format)"}"#).quality == quality)
    }

    @Test func aPlanSurvivesJSON() throws {
        for plan in RenditionPlan.defaults {
            #expect(try JSONDecoder().decode(RenditionPlan.self, from: JSONEncoder().encode(plan)) == plan)
        }
    }

    @Test(arguments: [
        (#"{"name": ""}"#, "name"), (#"{"name": "a/b"}"#, "name"), (#"{"name": "a", "width": 0}"#, "width"),
        (#"{"name": "a", "height": 20000}"#, "height"), (#"{"name": "a", "quality": 101}"#, "quality"),
        (#"{"name": "a", "maxBytes": 10}"#, "maxBytes"),
        (#"{"name": "a", "format": "png", "maxBytes": 9999}"#, "maxBytes"),
        (#"{"name": "a", "format": "webp", "progressive": true}"#, "progressive"),
        (#"{"name": "a", "fit": "cover", "width": 10}"#, "cover"),
    ])
    func whatCannotBeDoneIsRefusedByItsKey(json: String, key: String) throws {
        let plan = try plan(json)
        #expect { try plan.validate() } throws: { "\($0)".contains(key) }
    }

    @Test(arguments: [#"{"name": "a", "fit": "stretch"}"#, #"{"name": "a", "background": "white"}"#, "{}"])
    func whatIsNoPlanIsNotRead(json: String) {
        #expect(throws: DecodingError.self) { try plan(json) }
    }
}
