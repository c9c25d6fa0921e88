// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import ImageStores
public import Imaging

/// Where pictures are read from and renditions are kept, as the pipeline sees it.
public protocol PictureStorage: Sendable {
    /// What is there under a name now; nil when nothing is.
    ///
    /// - Throws: when the storage failed; the same call may be made again.
    func current(_ key: ImageKey) async throws -> StoredPicture?

    /// Lends the bytes of one version of a picture.
    ///
    /// - Throws: ``PictureUnavailable`` when that version is no longer there; what `body` throws.
    func withContent<Value: Sendable>(
        of key: ImageKey, version: ImageVersion, _ body: (ImageSource) async throws -> Value
    ) async throws -> Value

    /// Makes an empty file for a rendition. It disappears unless it is published.
    ///
    /// - Throws: when the storage failed.
    func stage() async throws -> any StagedRendition

    /// Makes a staged file the content of a blob, in one durable step.
    ///
    /// A rendition of a later version of the picture stays: then nothing is written. Publishing the same rendition
    /// again changes nothing that a reader sees.
    ///
    /// - Throws: when the storage failed.
    func publish(_ staged: any StagedRendition, as rendition: PublishedRendition) async throws
}

/// A picture as it is stored.
public struct StoredPicture: Sendable, Equatable {
    /// Which content.
    public var version: ImageVersion
    /// Its size in bytes.
    public var sizeInBytes: Int64
    /// Who uploaded it, as the blob's metadata says.
    public var user: String?

    /// A picture of these parts.
    public init(version: ImageVersion, sizeInBytes: Int64, user: String?) {
        self.version = version
        self.sizeInBytes = sizeInBytes
        self.user = user
    }
}

/// A file that becomes a rendition once it is published.
public protocol StagedRendition: AnyObject, Sendable {
    /// Where its bytes are written; open as long as this object lives.
    var output: ImageOutput { get }
}

/// What a staged file becomes.
public struct PublishedRendition: Sendable {
    /// The picture it was made from.
    public var picture: ImageKey
    /// Which content of the picture.
    public var version: ImageVersion
    /// The container it goes to.
    public var container: String
    /// The name it gets there.
    public var name: String
    /// What was written.
    public var result: RenditionResult
}

/// A version of a picture is no longer there.
public enum PictureUnavailable: Error, Sendable, Equatable {
    /// The blob was deleted.
    case gone
    /// The blob has another content or other properties now.
    case replaced
}
