// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What is known about one picture without looking at it.
///
/// The file's name is not among it: the pipeline knows the name, the worker only sees bytes.
public struct ImageFacts: Codable, Sendable, Equatable {
    /// The size of the file in bytes.
    public var sizeBytes: Int
    /// The size of the file in units of 1024 bytes, rounded to two places.
    public var sizeKB: Double
    /// The format found in the bytes.
    public var format: ImageFormat
    /// Pixels across, as displayed (orientation applied).
    public var width: Int
    /// Pixels down, as displayed (orientation applied).
    public var height: Int
    /// The orientation tag, 1...8, as stored; 1 is upright.
    public var orientation = 1
    /// What the channels mean.
    public var colourSpace = ColourSpace.rgb
    /// The embedded colour profile.
    public var profile: ColourProfile?
    /// Bits per channel as stored.
    public var bitDepth = 8
    /// Whether there is an alpha channel.
    public var hasAlpha = false
    /// Frames of an animation or pages of a document; 1 for an ordinary picture.
    public var frames = 1
    /// Whether the file refines in passes (progressive JPEG, interlaced PNG).
    public var isProgressive = false
    /// SHA-256 of the file, in lower-case hexadecimal.
    public var sha256: String
    /// What the camera wrote.
    public var exif: ExifFacts?
    /// Where the camera was.
    ///
    /// Kept apart so that it can be withheld.
    public var location: ImageLocation?
    /// The colour that covers most of the picture; nil when it was only inspected.
    public var dominantColour: RGBColour?
    /// A placeholder of about 28 characters; nil when it was only inspected.
    public var blurhash: String?
    /// What a decoder complained about without giving up, in its own words.
    public var warnings: [String] = []

    /// The facts every picture has; the others start at what is most common.
    public init(format: ImageFormat, width: Int, height: Int, sizeBytes: Int, sha256: String) {
        self.format = format
        self.width = width
        self.height = height
        self.sizeBytes = sizeBytes
        self.sha256 = sha256
        sizeKB = (Double(sizeBytes) / 1024 * 100).rounded() / 100
    }
}

/// What the channels of a picture mean.
public enum ColourSpace: String, Codable, Sendable {
    /// Red, green, blue.
    case rgb = "RGB"
    /// One channel of light.
    case grey = "grey"
    /// Inks.
    case cmyk = "CMYK"
    /// CIE L*a*b*.
    case lab = "Lab"
    /// Something rarer.
    case other = "other"
}

/// An embedded ICC profile.
public struct ColourProfile: Codable, Sendable, Equatable {
    /// What the profile calls itself, such as "Display P3"; nil when it cannot be read.
    public var name: String?

    /// A profile by its name.
    public init(name: String? = nil) { self.name = name }
}

/// What the camera wrote about the moment.
public struct ExifFacts: Codable, Sendable, Equatable {
    /// When the picture was taken, by the camera's clock: `2024-05-31T18:04:05`, with `+02:00` behind it
    /// if the camera noted its zone.
    public var takenAt: String?
    /// Who made the camera.
    public var cameraMake: String?
    /// The camera's model.
    public var cameraModel: String?
    /// The lens.
    public var lensModel: String?
    /// Exposure in seconds.
    public var exposureSeconds: Double?
    /// The aperture's f-number.
    public var fNumber: Double?
    /// The sensitivity (ISO 12232).
    public var isoSpeed: Int?
    /// Focal length in millimetres.
    public var focalLengthMillimetres: Double?

    /// Nothing known.
    public init() {}
}

/// A place on Earth, as the camera wrote it (WGS 84).
public struct ImageLocation: Codable, Sendable, Equatable {
    /// Degrees, north positive.
    public var latitude: Double
    /// Degrees, east positive.
    public var longitude: Double
    /// Metres above sea level.
    public var altitudeMetres: Double?

    /// A place.
    public init(latitude: Double, longitude: Double, altitudeMetres: Double? = nil) {
        self.latitude = latitude
        self.longitude = longitude
        self.altitudeMetres = altitudeMetres
    }
}
