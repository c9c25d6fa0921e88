// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import FoundationEssentials
import Imaging
import Pipeline

/// Turns local pictures into renditions in a local folder.
struct PictureFolder {
    /// What became of one file.
    struct Outcome: Sendable {
        let file: LocalFile
        let result: ImageResult?
        let trouble: Trouble?
    }

    /// Why a file was not processed: the picture's fault or, as with a file that may not be read, something else's.
    struct Trouble: Sendable, Encodable, CustomStringConvertible {
        let reason: String
        let message: String

        var description: String { "\(reason): \(message)" }
    }

    let plans: [RenditionPlan]
    let folder: String

    /// Works on as many files at once as there are workers; outcomes are in the order of the files.
    func process(
        _ files: [LocalFile], progress: @escaping @Sendable (LocalFile) -> Void
    ) async throws -> [Outcome] {
        let configuration = ImageWorkerConfiguration()
        let pool = ImageWorkerPool(configuration)
        do {
            let outcomes = try await files.concurrentMap(atOnce: configuration.workers) { file in
                let outcome = try await process(file, in: pool)
                progress(file)
                return outcome
            }
            await pool.close()
            return outcomes
        } catch {
            await pool.close()
            throw error
        }
    }

    private func process(_ file: LocalFile, in pool: any ImageProcessor) async throws -> Outcome {
        let renditions = try plans.map { plan in
            ImageJob.Rendition(plan, to: .file("\(try place(of: plan, for: file)).part"))
        }
        do {
            let result = try await pool.process(ImageJob(source: .file(file.path), renditions: renditions))
            for plan in plans { try publish(try place(of: plan, for: file)) }
            return Outcome(file: file, result: result, trouble: nil)
        } catch let rejection as ImageRejection {
            return try fail(file, Trouble(reason: rejection.reason.rawValue, message: rejection.message))
        } catch let failure as ImagingFailure {
            return try fail(file, Trouble(reason: failure.code.rawValue, message: failure.message))
        }
    }

    private func fail(_ file: LocalFile, _ trouble: Trouble) throws -> Outcome {
        for plan in plans { try? FileManager.default.removeItem(atPath: "\(try place(of: plan, for: file)).part") }
        return Outcome(file: file, result: nil, trouble: trouble)
    }

    private func place(of plan: RenditionPlan, for file: LocalFile) throws -> String {
        let place = "\(folder)/\(plan.name)/\(renditionName(of: file.name, as: plan.format))"
        try FileManager.default.createDirectory(
            atPath: String(place[..<(place.lastIndex(of: "/") ?? place.endIndex)]), withIntermediateDirectories: true)
        return place
    }

    /// A rendition appears whole or not at all.
    private func publish(_ place: String) throws {
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.moveItem(atPath: "\(place).part", toPath: place)
    }
}
