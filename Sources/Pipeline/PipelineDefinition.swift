// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import ImageStores
public import Imaging

/// One pipeline: which pictures it takes, what it makes of them, and who hears of it.
public struct PipelineDefinition: Sendable {
    /// A rendition and the container it goes to.
    public struct Target: Sendable, Hashable {
        /// How it is to look.
        public var plan: RenditionPlan
        /// Where it goes, under the name that ``renditionName(of:as:)`` gives.
        public var container: String

        /// A rendition for a container.
        public init(_ plan: RenditionPlan, in container: String) {
            self.plan = plan
            self.container = container
        }
    }

    /// The name that runs, records and notices carry.
    public var name: String
    /// Which blobs it takes.
    public var source: BlobPattern
    /// What it makes of each.
    public var targets: [Target]
    /// The names of the stores that record it.
    public var stores: [String]
    /// The routes by which people hear how it ended.
    public var routes: [ImageRecord.Status: [String]] = [:]

    /// A pipeline of these parts.
    public init(
        name: String, source: BlobPattern, targets: [Target], stores: [String]
    ) {
        self.name = name
        self.source = source
        self.targets = targets
        self.stores = stores
    }
}
