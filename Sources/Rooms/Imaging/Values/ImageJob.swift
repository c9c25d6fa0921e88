// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where a picture is read from.
public enum ImageSource: Sendable, Equatable {
    /// A file by its path.
    case file(String)
    /// An open, seekable descriptor that the caller keeps open until the job is done.
    case descriptor(Int32)
    /// Bytes that are in memory already, for small pictures.
    case bytes([UInt8])
}

/// Where a rendition is written.
///
/// The file holds a whole rendition only once the job has succeeded; after an error its content is undefined.
public enum ImageOutput: Sendable, Equatable {
    /// A file by its path, created or overwritten.
    case file(String)
    /// An open, writable descriptor of a regular file, written from its start and cut to length; the caller
    /// keeps it open until the job is done.
    case descriptor(Int32)
}

/// One picture to measure and render: one decode, however many renditions.
public struct ImageJob: Sendable {
    /// One rendition and where it goes.
    public struct Rendition: Sendable {
        /// How it is to look.
        public var plan: RenditionPlan
        /// Where it is written.
        public var output: ImageOutput

        /// A rendition and where it goes.
        public init(_ plan: RenditionPlan, to output: ImageOutput) {
            self.plan = plan
            self.output = output
        }
    }

    /// The most renditions of one job.
    public static let maxRenditions = 16

    /// The picture.
    public var source: ImageSource
    /// What to make of it; may be empty, then only the facts are found.
    public var renditions: [Rendition]
    /// What it may cost.
    public var limits: ImagingLimits
    /// The source's SHA-256 in lower-case hexadecimal, when an inspection has found it: then it is taken as it is.
    public var sha256: String?

    /// A job.
    public init(source: ImageSource, renditions: [Rendition] = [], limits: ImagingLimits = ImagingLimits()) {
        self.source = source
        self.renditions = renditions
        self.limits = limits
    }
}

/// What became of one picture.
public struct ImageResult: Codable, Sendable, Equatable {
    /// What the picture is.
    public var facts: ImageFacts
    /// What was written, in the order of the job.
    public var renditions: [RenditionResult]
    /// What it cost.
    public var cost: ImageCost

    /// A result.
    public init(facts: ImageFacts, renditions: [RenditionResult], cost: ImageCost = ImageCost()) {
        self.facts = facts
        self.renditions = renditions
        self.cost = cost
    }
}

/// One rendition as written.
public struct RenditionResult: Codable, Sendable, Equatable {
    /// The plan's name.
    public var name: String
    /// Pixels across.
    public var width: Int
    /// Pixels down.
    public var height: Int
    /// The size of the file in bytes.
    public var sizeBytes = 0
    /// The format.
    public var format: OutputFormat
    /// The media type.
    public var contentType: String { format.contentType }
    /// The quality it was written with; nil for lossless formats.
    public var quality: Int?
    /// SHA-256 of the file, in lower-case hexadecimal.
    public var sha256 = ""
    /// MD5 of the file, in lower-case hexadecimal; for `Content-MD5`, never for trust.
    public var md5 = ""

    /// A rendition whose file is not yet known.
    public init(name: String, format: OutputFormat, width: Int, height: Int, quality: Int? = nil) {
        self.name = name
        self.format = format
        self.width = width
        self.height = height
        self.quality = quality
    }
}

/// What one picture took of its worker.
public struct ImageCost: Codable, Sendable, Equatable {
    /// Processor time in milliseconds.
    public var cpuMilliseconds = 0.0
    /// Time on the clock in milliseconds, from the worker's first byte read to its last written.
    public var wallMilliseconds = 0.0
    /// The most memory the worker has held since it started, in bytes.
    public var peakMemoryBytes = 0

    /// Nothing yet.
    public init() {}
}
