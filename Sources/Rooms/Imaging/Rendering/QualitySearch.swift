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
    private var fitting: Attempt?
    private var tooLarge: Attempt?
    private var encodings = 0

    init(maxBytes: Int, startingAt quality: Int, floor: Int) {
        self.maxBytes = maxBytes
        self.floor = min(quality, floor)
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
        guard let tooLarge else { return .accept(quality) }
        if tooLarge.quality <= floor { return .giveUp }
        if let fitting, isGoodEnough(fitting, below: tooLarge) { return .accept(fitting.quality) }
        let last = encodings == Self.maxEncodings - 1 && fitting == nil
        return .encode(last ? floor : guess(from: attempt, previous))
    }

    private func isGoodEnough(_ fitting: Attempt, below tooLarge: Attempt) -> Bool {
        Double(fitting.bytes) >= Self.goodFill * Double(maxBytes) || tooLarge.quality - fitting.quality <= 1
            || encodings >= Self.maxEncodings
    }

    /// Where the line meets a little under the limit, kept strictly between what is known.
    private func guess(from attempt: Attempt, _ previous: Attempt?) -> Int {
        let aim = log(0.97 * Double(maxBytes))
        let size = log(Double(max(1, attempt.bytes)))
        let quality = Double(attempt.quality) + (aim - size) / slope(attempt, previous)
        let lowest = (fitting?.quality).map { $0 + 1 } ?? floor
        let highest = (tooLarge?.quality ?? 101) - 1
        return max(lowest, min(highest, Int(quality.rounded(.down))))
    }

    private func slope(_ one: Attempt, _ other: Attempt?) -> Double {
        guard let other, one.quality != other.quality, one.bytes > 0, other.bytes > 0 else { return Self.commonSlope }
        let slope = (log(Double(one.bytes)) - log(Double(other.bytes))) / Double(one.quality - other.quality)
        return max(0.008, min(0.08, slope))
    }
}
