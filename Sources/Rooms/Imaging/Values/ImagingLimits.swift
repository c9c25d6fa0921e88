// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What a picture may cost.
///
/// Sizes are checked on the header, before anything is decoded; time and memory are held against the
/// worker process. The defaults take every legal picture of 50 megapixels and bound what a hostile one
/// can do to a few seconds of one worker.
public struct ImagingLimits: Codable, Sendable, Equatable {
    /// The largest file, in bytes.
    public var maxBytes = 50 * 1024 * 1024
    /// The most pixels, width times height.
    public var maxPixels = 50_000_000
    /// The longest side, in pixels.
    public var maxSide = 20_000
    /// The most times the long side may exceed the short one.
    public var maxRatio = 100
    /// The most frames or pages.
    public var maxFrames = 500
    /// The most passes of a progressive JPEG; every one goes over the whole picture.
    public var maxScans = 100
    /// The most time one picture may take on the clock, in seconds.
    public var wallSeconds = 30
    /// The most processor time one picture may take, in seconds.
    public var cpuSeconds = 20

    /// The defaults.
    public init() {}

    /// Limits that cannot be meant.
    public struct Invalid: Error, CustomStringConvertible {
        /// Which limit is wrong, and what it may be.
        public let description: String
    }

    /// Checks that every limit is at least one.
    ///
    /// - Throws: ``Invalid`` with the first limit that is wrong.
    public func validate() throws {
        let limits: KeyValuePairs = [
            "maxBytes": maxBytes, "maxPixels": maxPixels, "maxSide": maxSide, "maxRatio": maxRatio,
            "maxFrames": maxFrames, "maxScans": maxScans, "wallSeconds": wallSeconds, "cpuSeconds": cpuSeconds,
        ]
        for (name, value) in limits where value < 1 {
            throw Invalid(description: "limit \(name) is \(value); it is at least 1")
        }
    }
}
