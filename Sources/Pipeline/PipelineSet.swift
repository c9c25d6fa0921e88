// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Imaging

/// All pipelines of a program, checked against each other.
///
/// The one invariant that no single pipeline can hold: what a pipeline writes is watched by none, or the program would
/// feed on its own output for ever.
public struct PipelineSet: Sendable {
    /// Pipelines that cannot run together.
    public struct Invalid: Error, CustomStringConvertible {
        /// Which pipelines, why, and what to change.
        public let description: String
    }

    /// The pipelines, in the order of configuration; the first that wants a blob gets it.
    public let pipelines: [PipelineDefinition]

    /// Checks the pipelines.
    ///
    /// - Throws: ``Invalid``.
    public init(_ pipelines: [PipelineDefinition]) throws {
        self.pipelines = pipelines
        try requireDistinctNames()
        for pipeline in pipelines {
            try checkTargets(of: pipeline)
            try refuseFeedback(of: pipeline)
        }
        try refuseSharedOutputs()
    }

    /// The pipeline that wants a blob; nil when none does.
    public func pipeline(wanting container: String, _ name: String) -> PipelineDefinition? {
        pipelines.first { $0.source.matches(container: container, name: name) }
    }

    /// The pipeline of this name.
    public subscript(name: String) -> PipelineDefinition? {
        pipelines.first { $0.name == name }
    }

    /// Every container that a pipeline reads or writes.
    public var containers: [String] {
        Set(pipelines.flatMap { [$0.source.container] + $0.targets.map(\.container) }).sorted()
    }

    private func requireDistinctNames() throws {
        var names: Set<String> = []
        for pipeline in pipelines where !names.insert(pipeline.name).inserted {
            throw Invalid(description: "two pipelines are called \"\(pipeline.name)\"; give each a name of its own")
        }
    }

    private func checkTargets(of pipeline: PipelineDefinition) throws {
        let names = pipeline.targets.map(\.plan.name)
        guard Set(names).count == names.count else {
            throw Invalid(description: "pipeline \(pipeline.name) has two renditions of one name")
        }
        for container in [pipeline.source.container] + pipeline.targets.map(\.container) {
            do {
                _ = try ContainerName(container)
            } catch {
                throw Invalid(description: "pipeline \(pipeline.name): \"\(container)\" is no container name: \(error)")
            }
        }
        do {
            for target in pipeline.targets { try target.plan.validate() }
        } catch {
            throw Invalid(description: "pipeline \(pipeline.name): \(error)")
        }
    }

    private func refuseFeedback(of pipeline: PipelineDefinition) throws {
        for target in pipeline.targets {
            guard let watcher = pipelines.first(where: { $0.source.container == target.container }) else { continue }
            throw Invalid(
                description: """
                    pipeline \(pipeline.name) writes rendition \(target.plan.name) to container \(target.container), \
                    which pipeline \(watcher.name) watches: it would feed on its own output; \
                    give the rendition another container
                    """)
        }
    }

    private func refuseSharedOutputs() throws {
        var owners: [String: String] = [:]
        for pipeline in pipelines {
            for target in pipeline.targets {
                let owner = "\(pipeline.name)/\(target.plan.name)"
                guard let other = owners.updateValue(owner, forKey: target.container) else { continue }
                throw Invalid(
                    description: """
                        renditions \(other) and \(owner) both go to container \(target.container) under the same \
                        names; give each a container of its own
                        """)
            }
        }
    }
}
