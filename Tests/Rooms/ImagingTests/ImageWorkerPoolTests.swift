// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Imaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ImageWorkerPoolTests {
    @Test func aPictureIsMeasuredAndRendered() async throws {
        let folder = try TemporaryFolder()
        let job = ImageJob(
            source: .file(fixture("camera.jpg")),
            renditions: RenditionPlan.defaults.map { .init($0, to: .file(folder.file($0.name))) })
        let result = try await withPool { try await $0.process(job) }
        #expect(result.renditions.map(\.name) == ["thumbnail", "web"])
    }
}
