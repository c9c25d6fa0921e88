// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The checksum of `x-ms-content-crc64`: CRC-64/NVME, its value written as 8 bytes, lowest first.
public struct CRC64: Sendable {
    private var state: UInt64 = .max

    /// Starts a checksum.
    public init() {}

    /// The checksum of what was fed so far.
    public var value: UInt64 { ~state }

    /// The checksum as it goes into the header field, before base64.
    public var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    /// Takes the next piece.
    public mutating func update(_ piece: [UInt8]) {
        let span = piece.span
        let whole = span.count & ~7
        var state = self.state
        var index = 0
        while index < whole {
            var word: UInt64 = 0
            for offset in 0..<8 { word |= UInt64(span[index + offset]) << UInt64(8 * offset) }
            state = Self.advance(state ^ word)
            index += 8
        }
        while index < span.count {
            state = Self.tables[Int(UInt8(truncatingIfNeeded: state) ^ span[index])] ^ (state >> 8)
            index += 1
        }
        self.state = state
    }

    /// Eight bytes at once: each byte's table says what it does to the state that many places further on.
    @inline(__always)
    private static func advance(_ word: UInt64) -> UInt64 {
        var state: UInt64 = 0
        for place in 0..<8 {
            state ^= tables[(7 - place) * 256 + Int(UInt8(truncatingIfNeeded: word >> UInt64(8 * place)))]
        }
        return state
    }

    /// Eight tables of 256 entries for the reflected polynomial 0x9A6C9329AC4BC9B5.
    private static let tables: [UInt64] = {
        var tables = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt64(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x9A6C_9329_AC4B_C9B5 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<tables.count {
            let before = tables[index - 256]
            tables[index] = tables[Int(before & 0xff)] ^ (before >> 8)
        }
        return tables
    }()
}
