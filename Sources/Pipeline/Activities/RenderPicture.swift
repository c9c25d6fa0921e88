// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import DurableTask
public import ImageStores
public import Imaging

/// Decodes a picture once, and publishes all renditions and facts that come of it.
public struct RenderPicture: Activity {
    /// A picture, and what is known of it.
    public struct Input: Codable, Sendable {
        /// The picture.
        public var picture: PictureArrival
        /// The digest that its inspection found.
        public var sha256: String
    }

    /// What came of it; nil when the version was gone by then.
    public struct Rendered: Codable, Sendable {
        /// What was measured.
        public var facts: Imaging.ImageFacts
        /// What was published.
        public var renditions: [ImageRendition]
    }

    /// The name in histories.
    public static let name = "RenderPicture"

    private let storage: any PictureStorage
    private let processor: any ImageProcessor
    private let limits: ImagingLimits
    private let pipelines: PipelineSet

    /// An activity over a storage and image workers.
    public init(
        storage: any PictureStorage, processor: any ImageProcessor, limits: ImagingLimits, pipelines: PipelineSet
    ) {
        self.storage = storage
        self.processor = processor
        self.limits = limits
        self.pipelines = pipelines
    }

    /// Renders the picture.
    ///
    /// - Throws: `ImageRejection` when the picture cannot be processed; ``UnknownPipeline``.
    public func run(_ context: ActivityContext, _ input: Input) async throws -> Rendered? {
        let picture = input.picture
        guard let pipeline = pipelines[picture.pipeline] else { throw UnknownPipeline(name: picture.pipeline) }
        var staged: [any StagedRendition] = []
        for _ in pipeline.targets { staged.append(try await storage.stage()) }
        let renditions = zip(pipeline.targets, staged).map { ImageJob.Rendition($0.plan, to: $1.output) }
        do {
            let result = try await storage.withContent(of: picture.key, version: picture.version) {
                var job = ImageJob(source: $0, renditions: renditions, limits: limits)
                job.sha256 = input.sha256
                return try await processor.process(job)
            }
            let published = try await publish(result, staged, of: picture, to: pipeline.targets)
            return Rendered(facts: result.facts, renditions: published)
        } catch is PictureUnavailable {
            return nil
        }
    }

    private func publish(
        _ result: ImageResult, _ staged: [any StagedRendition], of picture: PictureArrival,
        to targets: [PipelineDefinition.Target]
    ) async throws -> [ImageRendition] {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var renditions: [ImageRendition] = []
            for (index, target) in targets.enumerated() {
                let written = result.renditions[index]
                let place = PublishedRendition(
                    picture: picture.key, version: picture.version, container: target.container,
                    name: renditionName(of: picture.key.name, as: written.format), result: written)
                renditions.append(ImageRendition(place))
                // Published together, so that one commit of the storage serves them all.
                group.addTask { try await storage.publish(staged[index], as: place) }
            }
            try await group.waitForAll()
            return renditions
        }
    }
}

/// A run belongs to a pipeline that the configuration no longer has.
public struct UnknownPipeline: TaskFailureConvertible, CustomStringConvertible {
    /// The pipeline's name.
    public let name: String

    /// What is missing and what to do.
    public var description: String {
        "there is no pipeline \"\(name)\" any more; configure it again and retry the run"
    }

    /// Not worth another attempt with the same configuration.
    public var taskFailure: TaskFailure {
        TaskFailure(type: "UnknownPipeline", message: description, isRetriable: false)
    }
}

extension ImageRendition {
    fileprivate init(_ published: PublishedRendition) {
        self.init(
            name: published.result.name, container: published.container, blob: published.name,
            format: published.result.format.rawValue)
        width = published.result.width
        height = published.result.height
        bytes = Int64(published.result.sizeBytes)
    }
}
