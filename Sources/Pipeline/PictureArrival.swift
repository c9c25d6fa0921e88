// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto
public import ImageStores

/// A picture that was uploaded: which blob, which content of it, and which pipeline takes it.
///
/// It is the input of a run, so it holds references and small values only, never the picture's bytes.
public struct PictureArrival: Codable, Sendable, Equatable {
    /// The pipeline that takes it.
    public var pipeline: String
    /// Which blob.
    public var key: ImageKey
    /// Which content of it.
    public var version: ImageVersion
    /// The content's size in bytes.
    public var sizeInBytes: Int64
    /// The stores that record it, as configured when it arrived.
    public var stores: [String]
    /// The routes by which people hear how it ended, as configured when it arrived.
    public var routes: [ImageRecord.Status: [String]]

    /// A picture for a pipeline.
    public init(_ key: ImageKey, _ version: ImageVersion, sizeInBytes: Int64, for pipeline: PipelineDefinition) {
        self.pipeline = pipeline.name
        self.key = key
        self.version = version
        self.sizeInBytes = sizeInBytes
        self.stores = pipeline.stores
        self.routes = pipeline.routes
    }

    /// The run's id: the same for every event about the same content, so that a second event finds it taken.
    public var instanceID: String {
        let identity = [key.account, key.container, key.name, version.etag].joined(separator: "\n")
        return "picture-" + hex(Digest.sha256.of(identity.utf8).prefix(16))
    }
}
