// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials

/// How a file's bytes travel: at once, or in blocks.
struct UploadPlan: Equatable {
    /// The most blocks that one blob is made of.
    static let mostBlocks: Int64 = 50_000

    /// The stretches in order; one for a file that goes at once, none for an empty file.
    let stretches: [Range<Int64>]
    /// Whether it goes at once.
    let isSingle: Bool

    init(size: Int64, singleRequestBytes: Int64, blockBytes: Int64) {
        isSingle = size <= singleRequestBytes
        let fewest = (size + Self.mostBlocks - 1) / Self.mostBlocks
        let step = isSingle ? max(size, 1) : max(blockBytes, fewest, 1)
        stretches = stride(from: 0, to: size, by: Int64.Stride(step)).map { $0..<min($0 + step, size) }
    }

    /// The id of a block, made of its place and its content: a block of this id that the service has already is this
    /// very block, so that an upload which broke off goes on where it was.
    static func blockID(index: Int, md5: [UInt8]) throws -> BlockID {
        let number = String(index)
        let place = String(repeating: "0", count: 5 - number.utf8.count) + number
        return try BlockID(Data("\(place)-\(hex(md5))".utf8).base64EncodedString())
    }
}
