// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A picture format by its content, named as Pillow names it.
public enum ImageFormat: String, Codable, Sendable, CaseIterable {
    /// JPEG (ISO 10918).
    case jpeg = "JPEG"
    /// PNG, also animated (first frame).
    case png = "PNG"
    /// GIF, also animated (first frame).
    case gif = "GIF"
    /// WebP, lossy or lossless, also animated (first frame).
    case webp = "WEBP"
    /// TIFF, also multipage (first page).
    case tiff = "TIFF"
    /// HEIF with HEVC inside.
    case heic = "HEIC"
    /// HEIF with AV1 inside.
    case avif = "AVIF"
}

/// A format that renditions are written in.
public enum OutputFormat: String, Codable, Sendable, CaseIterable {
    /// Baseline (or progressive) JPEG; no alpha.
    case jpeg
    /// Lossless, with alpha; quality does not apply.
    case png
    /// Lossy WebP, with alpha.
    case webp
    /// Lossy AVIF at 8 bits, with alpha.
    case avif

    /// The media type for `Content-Type`.
    public var contentType: String { "image/\(rawValue)" }

    /// The usual file name extension, without the dot.
    public var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    /// Whether transparent pixels survive.
    public var keepsAlpha: Bool { self != .jpeg }

    /// Whether a lower quality gives fewer bytes.
    public var isLossy: Bool { self != .png }

    /// The longest side that the format holds, in pixels.
    var maxSide: Int {
        switch self {
        case .jpeg, .png: 65_535
        case .webp: 16_383
        case .avif: 16_384
        }
    }

    /// The quality under which a smaller picture looks better than a worse one.
    var lowestQuality: Int {
        switch self {
        case .jpeg, .png: 55
        case .webp: 50
        case .avif: 35
        }
    }

    /// The quality, 1...100, at which the format looks about the same as JPEG at 80.
    public var defaultQuality: Int {
        switch self {
        case .jpeg, .png: 80
        case .webp: 78
        case .avif: 60
        }
    }
}
