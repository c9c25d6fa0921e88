// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// What is known about one picture: measured, resized and recorded, or why not.
///
/// One record a ``ImageKey``; it describes the latest version that any run finished.
public struct ImageRecord: Sendable, Equatable, Codable {
    /// How the picture's run ended.
    public enum Status: String, Sendable, Codable, CaseIterable {
        /// Measured, and all renditions are stored.
        case processed
        /// Set aside with a reason; its bytes are kept.
        case failed
        /// Deleted before its turn came.
        case gone
    }

    /// Why a picture was set aside.
    public struct Reason: Sendable, Equatable, Codable {
        /// One of a small set of words that a program can compare, such as `truncated`.
        public var code: String
        /// A sentence that a person understands.
        public var sentence: String

        /// A reason of this code and sentence.
        public init(code: String, sentence: String) {
            self.code = code
            self.sentence = sentence
        }
    }

    /// The file's name; the key's own unless somebody knows better.
    public var fileName: String
    /// The original's size in bytes.
    public var sizeInBytes: Int64
    /// What was measured; nil when nothing could be.
    public var facts: ImageFacts?
    /// Which picture.
    public let key: ImageKey
    /// Which content of it.
    public let version: ImageVersion
    /// How its run ended.
    public var status: Status
    /// Why, unless it was processed.
    public var reason: Reason?
    /// Lower-case hexadecimal SHA-256 of the original's bytes.
    public var sha256: String?
    /// Who uploaded it, as the blob's metadata says.
    public var user: String?
    /// The durable run that wrote this record.
    public var runID: String?
    /// What was made of it.
    public var renditions: [ImageRendition] = []
    /// When the picture was first recorded.
    ///
    /// A store keeps the first value it got for a key, to the millisecond.
    public var createdAt: Date
    /// When this record was made, to the millisecond.
    public var updatedAt: Date

    /// A record of a picture without measurements yet.
    ///
    /// - Parameter time: Becomes both ``createdAt`` and ``updatedAt``.
    public init(key: ImageKey, version: ImageVersion, status: Status, sizeInBytes: Int64, time: Date) {
        self.fileName = key.fileName
        self.key = key
        self.version = version
        self.status = status
        self.sizeInBytes = sizeInBytes
        self.createdAt = time
        self.updatedAt = time
    }

    /// The original's size in units of 1,024 bytes, to two decimals.
    public var sizeInKB: Double { (Double(sizeInBytes) / 1024 * 100).rounded() / 100 }
}

/// What is measured about a picture.
public struct ImageFacts: Sendable, Equatable, Codable {
    /// Where it was taken, in degrees of WGS 84.
    public struct Place: Sendable, Equatable, Codable {
        /// North is positive.
        public var latitude: Double
        /// East is positive.
        public var longitude: Double

        /// A place in degrees.
        public init(latitude: Double, longitude: Double) {
            self.latitude = latitude
            self.longitude = longitude
        }
    }

    /// Pixels across, as displayed.
    public var width: Int
    /// Pixels down, as displayed.
    public var height: Int
    /// The format, recognised by content, such as `JPEG`.
    public var format: String
    /// The camera's clock: ISO 8601, without an offset unless the camera recorded one.
    public var takenAt: String?
    /// Maker and model.
    public var camera: String?
    /// Where it was taken; kept apart from what is published.
    public var place: Place?
    /// The EXIF orientation, 1 to 8.
    public var orientation: Int?
    /// The colour space, such as `srgb` or `cmyk`.
    public var colourSpace: String?
    /// Whether the file carries an ICC profile.
    public var hasICCProfile: Bool?
    /// Bits a channel.
    public var bitDepth: Int?
    /// Whether it has an alpha channel.
    public var hasAlpha: Bool?
    /// How many frames; 1 for a still.
    public var frames: Int?
    /// The dominant colour as `#rrggbb`.
    public var dominantColour: String?
    /// A placeholder in BlurHash notation.
    public var blurhash: String?

    /// The facts that every readable picture has.
    public init(width: Int, height: Int, format: String) {
        self.width = width
        self.height = height
        self.format = format
    }
}

/// A picture made from another, and where it is stored.
public struct ImageRendition: Sendable, Equatable, Codable {
    /// Its name in the plan, such as `thumbnail`.
    public var name: String
    /// The container that holds it.
    public var container: String
    /// The name of the blob that holds it.
    public var blob: String
    /// Pixels across.
    public var width: Int
    /// Pixels down.
    public var height: Int
    /// Its size.
    public var bytes: Int64
    /// Its format, such as `jpeg`.
    public var format: String

    /// A rendition of no size yet; set the rest.
    public init(name: String, container: String, blob: String, format: String) {
        self.name = name
        self.container = container
        self.blob = blob
        self.width = 0
        self.height = 0
        self.bytes = 0
        self.format = format
    }
}
