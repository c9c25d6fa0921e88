// Darkroom
// SPDX-License-Identifier: Apache-2.0

import ImageStores
public import Imaging
import Pipeline

/// Reads the pipelines and who hears of them, or takes the one that makes a server without settings useful.
func readPipelines(_ reader: SettingsReader) throws -> (PipelineSet, [NoticeRule]) {
    let help = "a list of { name, source, renditions, stores, notify }"
    let configured = try reader.list("pipelines", help, readPipeline) ?? [try defaultPipeline()]
    do {
        return (try PipelineSet(configured.map(\.pipeline)), configured.flatMap(\.notices))
    } catch let error as PipelineSet.Invalid {
        throw SettingsError("pipelines: \(error)")
    }
}

/// A pipeline and who hears of it.
private struct ConfiguredPipeline {
    var pipeline: PipelineDefinition
    let notices: [NoticeRule]

    init(_ pipeline: PipelineDefinition, _ notices: [NoticeRule]) {
        self.pipeline = pipeline
        self.notices = notices
        for status in ImageRecord.Status.allCases {
            self.pipeline.routes[status] = notices.filter { $0.tells(of: status) }.map(\.name)
        }
    }
}

/// Reads rendition plans that were written as JSON5: a list, as in a pipeline's `renditions` but without containers.
///
/// - Throws: ``SettingsError``.
public func readRenditionPlans(_ text: String) throws -> [RenditionPlan] {
    let sources = SettingsSources(file: ("--renditions", Array("{ renditions: \(text) }".utf8)))
    let reader = try SettingsReader(sources)
    let plans = try reader.list("renditions", "a list of plans", readPlan) ?? []
    try reader.refuseUnknownKeys()
    guard !plans.isEmpty, Set(plans.map(\.name)).count == plans.count else {
        throw SettingsError("--renditions needs at least one plan, each with a name of its own")
    }
    return plans
}

private func defaultPipeline() throws -> ConfiguredPipeline {
    let pipeline = PipelineDefinition(
        name: "uploads", source: try BlobPattern("images-input/{name}"),
        targets: [.init(.thumbnail, in: "thumbnails"), .init(.web, in: "optimized-images")], stores: ["sqlite"])
    return ConfiguredPipeline(pipeline, [try defaultRule(of: pipeline.name)])
}

private func readPipeline(_ reader: SettingsReader) throws -> ConfiguredPipeline {
    let name = try reader.required("name", "the pipeline's name, which runs and notices carry")
    let source = try reader.required("source", "which blobs it takes: container/{name}")
    let stores = try reader.words("stores", "where records go: [\"sqlite\"]") ?? ["sqlite"]
    for store in stores where store != "sqlite" {
        throw reader.wrong("stores", "names \"\(store)\", but there is \"sqlite\" only", "where records go")
    }
    let targets = try reader.list("renditions", "a list of { name, container, … }") { reader in
        PipelineDefinition.Target(
            try readPlan(reader), in: try reader.required("container", "the container it goes to"))
    }
    do {
        let pipeline = PipelineDefinition(
            name: name, source: try BlobPattern(source), targets: targets ?? [], stores: stores)
        return ConfiguredPipeline(pipeline, try readNotices(reader, of: name))
    } catch let error as BlobPattern.Invalid {
        throw reader.wrong("source", "is wrong: \(error)", "which blobs the pipeline takes")
    }
}

private func readPlan(_ reader: SettingsReader) throws -> RenditionPlan {
    let name = try reader.required("name", "the rendition's name: lower-case letters, digits and hyphens")
    let format = try reader.word("format", "the format to write", default: OutputFormat.jpeg)
    var plan = RenditionPlan(name: name, format: format)
    plan.fit = try reader.word("fit", "how the picture meets its box", default: RenditionPlan.Fit.inside)
    plan.width = try reader.optionalInt("width", "the box's width in pixels", in: 1...16_383)
    plan.height = try reader.optionalInt("height", "the box's height in pixels", in: 1...16_383)
    plan.quality = try reader.int("quality", "the quality to start at", default: plan.quality, in: 1...100)
    plan.maxBytes = try reader.optionalInt("maxKB", "the most KB the file may have", in: 1...1_048_576).map { $0 << 10 }
    plan.progressive = try reader.bool("progressive", "whether a JPEG refines in passes", default: false)
    plan.enlarge = try reader.bool("enlarge", "whether small pictures are enlarged", default: false)
    do {
        try plan.validate()
    } catch {
        throw SettingsError("renditions: \(error)")
    }
    return plan
}
