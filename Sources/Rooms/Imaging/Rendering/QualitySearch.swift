// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The search for the quality at which a file just fits a number of bytes.
///
/// The logarithm of the size is nearly straight over the quality, so two or three encodings find it: the
/// first one at the quality that was asked for, the others where the line through the last ones meets the
/// limit. Nothing goes below `floor`: there a smaller picture looks better than a worse one.
struct QualitySearch {
    /// What to do after an encoding.
    enum Step: Equatable {
        /// Encode again, at this quality.
        case encode(Int)
        /// The best file is the one of this quality.
        case accept(Int)
        /// Not even the floor fits.
        case giveUp
    }

    private struct Attempt {
        let quality: Int
        let bytes: Int
    }

    private static let maxEncodings = 6
    /// Full enough: a better quality would gain little.
    private static let goodFill = 0.93
    /// The slope of ln(bytes) over quality that most photographs have.
    private static let commonSlope = 0.024

    private let maxBytes: Int
    private let floor: Int
    private let ceiling: Int
    private var fitting: Attempt?
    private var tooLarge: Attempt?
    private var encodings = 0

    /// A search between two qualities; the first encoding is at the upper one, unless somebody knows better.
    init(maxBytes: Int, floor: Int, ceiling: Int) {
        self.maxBytes = maxBytes
        self.floor = min(ceiling, floor)
        self.ceiling = ceiling
    }

    /// Takes the size of the file of a quality, and says what is next.
    mutating func next(after quality: Int, bytes: Int) -> Step {
        let previous = tooLarge ?? fitting
        let attempt = Attempt(quality: quality, bytes: bytes)
        encodings += 1
        if bytes <= maxBytes {
            fitting = attempt
        } else {
            tooLarge = attempt
        }
        if let fitting, isGoodEnough(fitting) { return .accept(fitting.quality) }
        if let tooLarge, tooLarge.quality <= floor { return .giveUp }
        let last = encodings == Self.maxEncodings - 1 && fitting == nil
        return .encode(last ? floor : guess(from: attempt, previous))
    }

    /// Where to begin with a picture of which `scale` of each side is left, when `bytes` at `quality` were too many.
    static func start(after quality: Int, bytes: Int, scale: Double, maxBytes: Int) -> Int {
        // Fewer pixels hold more detail each: bytes shrink a little less than the area.
        let expected = log(Double(max(1, bytes))) + 1.8 * log(scale)
        return quality + Int(((log(0.97 * Double(maxBytes)) - expected) / commonSlope).rounded(.down))
    }

    private func isGoodEnough(_ fitting: Attempt) -> Bool {
        Double(fitting.bytes) >= Self.goodFill * Double(maxBytes) || fitting.quality >= highest
            || encodings >= Self.maxEncodings
    }

    /// The best quality that may still fit.
    private var highest: Int { (tooLarge?.quality ?? ceiling + 1) - 1 }

    /// Where the line meets a little under the limit, kept strictly between what is known.
    private func guess(from attempt: Attempt, _ previous: Attempt?) -> Int {
        let aim = log(0.97 * Double(maxBytes))
        let size = log(Double(max(1, attempt.bytes)))
        let quality = Double(attempt.quality) + (aim - size) / slope(attempt, previous)
        let lowest = (fitting?.quality).map { $0 + 1 } ?? floor
        return max(lowest, min(highest, Int(quality.rounded(.down))))
    }

    private func slope(_ one: Attempt, _ other: Attempt?) -> Double {
        guard let other, one.quality != other.quality, one.bytes > 0, other.bytes > 0 else { return Self.commonSlope }
        let slope = (log(Double(one.bytes)) - log(Double(other.bytes))) / Double(one.quality - other.quality)
        return max(0.008, min(0.08, slope))
    }
}
