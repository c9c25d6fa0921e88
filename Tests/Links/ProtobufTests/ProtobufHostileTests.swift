// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Protobuf
import Testing

@Suite struct ProtobufHostileTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let code: ProtobufError.Code

        init(_ name: String, _ bytes: [UInt8], _ code: ProtobufError.Code) {
            testDescription = name
            self.bytes = bytes
            self.code = code
        }
    }

    static let cases = [
        Case("tag without a value", [0x10], .truncated),
        Case("tag that goes on", [0x90], .truncated),
        Case("length beyond the end", [0x0a, 5, 0x41], .truncated),
        Case("length of 2^63", [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], .truncated),
        Case("length of 2^64 - 1", [0x0a] + [UInt8](repeating: 0xff, count: 9) + [0x01], .truncated),
        Case("half a fixed32", [0x4d, 1, 2], .truncated),
        Case("half a fixed64", [0x39, 1, 2, 3, 4, 5, 6, 7], .truncated),
        Case("inner length beyond the outer", [0x7a, 2, 0x0a, 5, 1, 2, 3, 4, 5, 6], .truncated),
        Case("number of eleven bytes", [0x10] + [UInt8](repeating: 0x80, count: 10) + [0x01], .overlongNumber),
        Case("number of 65 bits", [0x10] + [UInt8](repeating: 0xff, count: 9) + [0x02], .overlongNumber),
        Case("packed number over the edge", [0x9a, 0x01, 1, 0x80], .truncated),
        Case("field 0", [0x00, 1], .invalidTag),
        Case("field 2^29", [0x80, 0x80, 0x80, 0x80, 0x10, 1], .invalidTag),
        Case("wire type 6", [0x0e, 1], .invalidTag),
        Case("wire type 7", [0x0f, 1], .invalidTag),
        Case("group without an end", [0xf3, 0x01, 0x08, 1], .unbalancedGroup),
        Case("end without a group", [0xf4, 0x01], .unbalancedGroup),
        Case("end of another group", [0xf3, 0x01, 0x14], .unbalancedGroup),
        Case("text with a lone surrogate", [0x0a, 3, 0xed, 0xa0, 0x80], .invalidText),
        Case("text with an overlong slash", [0x0a, 2, 0xc0, 0xaf], .invalidText),
        Case("text with a cut character", [0x0a, 1, 0xe2], .invalidText),
        Case("101 groups", [UInt8](repeating: 0x0b, count: 101), .tooDeep),
    ]

    @Test(arguments: cases)
    func isRefused(_ item: Case) {
        let error = #expect(throws: ProtobufError.self) { try Parcel(protobuf: item.bytes) }
        #expect(error?.code == item.code)
    }

    /// A parcel in a parcel, so many times.
    private func nested(_ depth: Int) -> [UInt8] {
        var parcel = Parcel()
        for _ in 0..<depth { parcel = Parcel(inner: [parcel]) }
        return parcel.protobuf
    }

    @Test func depthIsBounded() throws {
        #expect(throws: Never.self) { try Parcel(protobuf: nested(100)) }
        let error = #expect(throws: ProtobufError.self) { try Parcel(protobuf: nested(101)) }
        #expect(error?.code == .tooDeep)
    }

    @Test func valuesAreBounded() throws {
        var limits = ProtobufLimits()
        limits.values = 1000
        let stops = [[UInt8]](repeating: [0x82, 0x01, 0], count: 1001).flatMap { $0 }
        #expect(try Parcel(protobuf: Array(stops.dropLast(3)), limits: limits).stops.count == 1000)
        let error = #expect(throws: ProtobufError.self) { try Parcel(protobuf: stops, limits: limits) }
        #expect(error?.code == .tooManyValues)
        let numbers: [UInt8] = [0x9a, 0x01, 0xe9, 0x07] + [UInt8](repeating: 1, count: 1001)
        #expect(throws: ProtobufError.self) { try Parcel(protobuf: numbers, limits: limits) }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func aPrefixIsShorterOrRefused(seed: UInt64) {
        var maker = ParcelMaker(seed: seed)
        let bytes = maker.parcel(depth: 1).protobuf
        for end in 0..<min(bytes.count, 500) {
            guard let parcel = try? Parcel(protobuf: Array(bytes[..<end])) else { continue }
            #expect(parcel.protobuf.count <= end)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func changedBytesAreReadOrRefusedAndThenStable(seed: UInt64) throws {
        var maker = ParcelMaker(seed: seed)
        let bytes = maker.parcel(depth: 2).protobuf
        guard !bytes.isEmpty else { return }
        for _ in 0..<100 {
            var changed = bytes
            for _ in 0...maker.below(4) {
                changed[maker.below(changed.count)] = UInt8(truncatingIfNeeded: maker.next())
            }
            guard let parcel = try? Parcel(protobuf: changed) else { continue }
            let written = parcel.protobuf
            #expect(try Parcel(protobuf: written).protobuf == written)
        }
    }
}
