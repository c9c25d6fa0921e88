// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

/// The values of one call, as libpq takes them: addresses, lengths and formats.
struct WireParameters {
    private static let asText: Int32 = 0
    private static let asBytes: Int32 = 1

    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// Takes the values of the next call; the room of the last one is used again.
    mutating func load(_ values: [SQLValue]) {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for value in values { append(value) }
    }

    /// Lends the values to a call of libpq.
    @unsafe
    func withPointers<Result>(
        _ body: (
            _ values: [UnsafePointer<CChar>?], _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { buffer in
            let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers: [UnsafePointer<CChar>?] = unsafe offsets.map { offset in
                guard let start = unsafe start, let offset else { return nil }
                return unsafe start + offset
            }
            return unsafe lengths.withUnsafeBufferPointer { lengths in
                unsafe formats.withUnsafeBufferPointer { formats in
                    unsafe body(pointers, lengths.baseAddress, formats.baseAddress)
                }
            }
        }
    }

    private mutating func append(_ value: SQLValue) {
        switch value {
        case .null:
            offsets.append(nil)
            lengths.append(0)
            formats.append(Self.asText)
        case .integer(let number): append(bigEndian: UInt64(bitPattern: number))
        case .real(let number): append(bigEndian: number.bitPattern)
        case .text(let text): append(text.utf8, as: Self.asText)
        case .blob(let content): append(content, as: Self.asBytes)
        case .integers(let numbers):
            appendArray(of: .integer, numbers) { bytes, number in
                bytes.append(bigEndian: UInt32(8))
                bytes.append(bigEndian: UInt64(bitPattern: number))
            }
        case .texts(let texts):
            appendArray(of: .text, texts) { bytes, text in
                bytes.append(bigEndian: UInt32(text.utf8.count))
                bytes.append(contentsOf: text.utf8)
            }
        }
    }

    private mutating func append(bigEndian word: UInt64) {
        append((0..<8).lazy.map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }, as: Self.asBytes)
    }

    /// An array of one dimension, counted from 1, as the server sends and receives it (`array_recv`).
    private mutating func appendArray<Element>(
        of type: WireType, _ elements: [Element?], _ appendElement: (inout [UInt8], Element) -> Void
    ) {
        let start = bytes.count
        let mayHaveNull: UInt32 = 1
        for word in [elements.isEmpty ? 0 : 1, mayHaveNull, type.number] { bytes.append(bigEndian: word) }
        if !elements.isEmpty {
            for word in [UInt32(elements.count), 1] { bytes.append(bigEndian: word) }
        }
        for element in elements {
            if let element { appendElement(&bytes, element) } else { bytes.append(bigEndian: UInt32.max) }
        }
        offsets.append(start)
        lengths.append(Int32(bytes.count - start))
        formats.append(Self.asBytes)
    }

    private mutating func append(_ content: some Sequence<UInt8>, as format: Int32) {
        let start = bytes.count
        bytes.append(contentsOf: content)
        offsets.append(start)
        lengths.append(Int32(bytes.count - start))
        formats.append(format)
        // libpq reads text up to a NUL; it also gives an empty value an address, without which it would be NULL.
        bytes.append(0)
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian word: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: word.bigEndian) { unsafe append(contentsOf: $0) }
    }
}
