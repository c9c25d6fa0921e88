// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How one rendition of a picture is to look.
///
/// In JSON every key but `name` may be left out. Without width and height the picture keeps its size:
/// `{"name": "web", "format": "jpeg", "quality": 85}` is a plain re-encode.
public struct RenditionPlan: Codable, Sendable, Hashable {
    /// How a picture meets a box of another shape.
    public enum Fit: String, Codable, Sendable, CaseIterable {
        /// The whole picture, no larger than the box.
        case inside
        /// The box filled, the overhang cut off evenly on both sides.
        case cover
    }

    /// The rendition's name: lower-case letters, digits and hyphens.
    public var name: String
    /// How the picture meets the box.
    public var fit: Fit
    /// The box's width in pixels; nil leaves it free.
    public var width: Int?
    /// The box's height in pixels; nil leaves it free.
    public var height: Int?
    /// The format to write.
    public var format: OutputFormat
    /// The quality, 1...100, to start at; ignored by lossless formats.
    public var quality: Int
    /// The most bytes the file may have.
    ///
    /// The quality is lowered step by step, then the size, to stay under it.
    public var maxBytes: Int?
    /// Whether a JPEG refines in passes: a little smaller, a little slower.
    public var progressive: Bool
    /// Whether a picture smaller than the box is enlarged.
    public var enlarge: Bool
    /// What shows through transparent pixels in a format without alpha.
    public var background: RGBColour

    /// A plan; what is left out takes its default.
    public init(
        name: String, fit: Fit = .inside, width: Int? = nil, height: Int? = nil, format: OutputFormat = .jpeg
    ) {
        self.name = name
        self.fit = fit
        self.width = width
        self.height = height
        self.format = format
        quality = format.defaultQuality
        progressive = false
        enlarge = false
        background = .white
    }

    /// Reads a plan, with defaults for the keys that are missing.
    ///
    /// - Throws: `DecodingError` when a value has the wrong type. ``validate()`` checks the ranges.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try values.decode(String.self, forKey: .name),
            fit: try values.decodeIfPresent(Fit.self, forKey: .fit) ?? .inside,
            width: try values.decodeIfPresent(Int.self, forKey: .width),
            height: try values.decodeIfPresent(Int.self, forKey: .height),
            format: try values.decodeIfPresent(OutputFormat.self, forKey: .format) ?? .jpeg)
        quality = try values.decodeIfPresent(Int.self, forKey: .quality) ?? quality
        maxBytes = try values.decodeIfPresent(Int.self, forKey: .maxBytes)
        progressive = try values.decodeIfPresent(Bool.self, forKey: .progressive) ?? progressive
        enlarge = try values.decodeIfPresent(Bool.self, forKey: .enlarge) ?? enlarge
        background = try values.decodeIfPresent(RGBColour.self, forKey: .background) ?? background
    }
}

extension RenditionPlan {
    /// Inside 100 x 100 pixels, JPEG at quality 75.
    public static let thumbnail: RenditionPlan = {
        var plan = RenditionPlan(name: "thumbnail", width: 100, height: 100)
        plan.quality = 75
        return plan
    }()

    /// Inside 1600 x 1600 pixels, JPEG at quality 80, at most 200 KB.
    public static let web: RenditionPlan = {
        var plan = RenditionPlan(name: "web", width: 1600, height: 1600)
        plan.maxBytes = 200 * 1024
        return plan
    }()

    /// The renditions that are made when nothing else is asked for.
    public static let defaults: [RenditionPlan] = [.thumbnail, .web]
}

extension RenditionPlan {
    /// A plan that cannot be carried out.
    public struct Invalid: Error, CustomStringConvertible {
        /// Which key is wrong, and what it may be.
        public let description: String
    }

    /// Checks names and ranges.
    ///
    /// - Throws: ``Invalid`` with the first key that is wrong.
    public func validate() throws {
        try require(isNameSound, "name is 1 to 40 lower-case letters, digits and hyphens")
        try require(width.map(Self.sides.contains) ?? true, "width is 1 to \(Self.sides.upperBound) pixels")
        try require(height.map(Self.sides.contains) ?? true, "height is 1 to \(Self.sides.upperBound) pixels")
        try require((1...100).contains(quality), "quality is 1 to 100")
        try require(maxBytes.map { $0 >= 1024 } ?? true, "maxBytes is at least 1024")
        try require(maxBytes == nil || format.isLossy, "maxBytes needs a lossy format: jpeg, webp or avif")
        try require(!progressive || format == .jpeg, "progressive is for jpeg")
        try require(fit == .inside || (width != nil && height != nil), "fit cover needs width and height")
    }

    /// The sides that every output format can hold.
    static let sides = 1...16_383

    private var isNameSound: Bool {
        (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                ("a"..."z").contains(Character(.init($0))) || $0.isDigit || $0 == UInt8(ascii: "-")
            }
    }

    private func require(_ condition: Bool, _ rule: String) throws {
        guard condition else { throw Invalid(description: "rendition \(name.prefix(40)): \(rule)") }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
