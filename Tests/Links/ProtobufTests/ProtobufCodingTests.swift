// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Protobuf
import Testing

@Suite struct ProtobufCodingTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func everyMessageComesBackAsItWas(seed: UInt64) throws {
        var maker = ParcelMaker(seed: seed)
        let parcel = maker.parcel()
        let bytes = parcel.protobuf
        #expect(try Parcel(protobuf: bytes) == parcel)
        #expect(try Parcel(protobuf: bytes).protobuf == bytes)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func whatNobodyKnowsIsWrittenBack(seed: UInt64) throws {
        var maker = ParcelMaker(seed: seed)
        let bytes = maker.parcel().protobuf
        #expect(try Blank(protobuf: bytes).protobuf == bytes)
    }

    @Test func unknownFieldsOfInnerMessagesSurvive() throws {
        // A stop with a field 9 that it does not know, inside a parcel.
        let bytes: [UInt8] = [0x7a, 5, 0x0a, 1, 0x41, 0x48, 7]
        let parcel = try Parcel(protobuf: bytes)
        #expect(parcel.origin?.city == "A")
        #expect(parcel.origin?.unknownFields.bytes == [0x48, 7])
        #expect(parcel.protobuf == bytes)
    }

    @Test func theBytesAreThoseOfTheSpecification() {
        var parcel = Parcel()
        parcel.label = "testing"
        parcel.weight = 150
        parcel.price = -2
        parcel.numbers = [3, 270, 86942]
        let expected: [UInt8] =
            [0x0a, 7] + Array("testing".utf8) + [0x10, 0x96, 0x01]
            + [0x18, 0xfe] + [UInt8](repeating: 0xff, count: 8) + [0x01]
            + [0x9a, 0x01, 6, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]
        #expect(parcel.protobuf == expected)
    }

    @Test func defaultsAreNotWritten() {
        #expect(Parcel().protobuf == [])
        #expect(Parcel(note: "", tries: 0, origin: Stop()).protobuf == [0x6a, 0, 0x70, 0, 0x7a, 0])
    }

    @Test func numbersMayStandAloneOrPacked() throws {
        let unpacked: [UInt8] = [0x98, 0x01, 5, 0x98, 0x01, 6]
        let mixed: [UInt8] = unpacked + [0x9a, 0x01, 2, 7, 8]
        #expect(try Parcel(protobuf: mixed).numbers == [5, 6, 7, 8])
    }

    @Test func aFieldOfAnotherTypeIsUnknown() throws {
        let numberAsLabel: [UInt8] = [0x08, 5]
        let parcel = try Parcel(protobuf: numberAsLabel)
        #expect(parcel.label == "")
        #expect(parcel.unknownFields.bytes == numberAsLabel)
        #expect(parcel.protobuf == numberAsLabel)
    }

    @Test func aCaseOfALaterVersionIsKept() throws {
        let bytes: [UInt8] = [0x60, 7]
        let parcel = try Parcel(protobuf: bytes)
        #expect(parcel.size == .small)
        #expect(parcel.protobuf == bytes)
    }

    @Test func theLastValueWinsAndMessagesMerge() throws {
        let texts = try Parcel(protobuf: [0x0a, 1, 0x41, 0x0a, 1, 0x42])
        #expect(texts.label == "B")
        let parts = try Parcel(protobuf: [0x7a, 3, 0x0a, 1, 0x41, 0x7a, 2, 0x10, 9])
        #expect(parts.origin?.city == "A")
        #expect(parts.origin?.minutes == 9)
    }

    @Test func groupsArePassedOver() throws {
        // Group 30 with a number and another group inside, then a label.
        let bytes: [UInt8] = [0xf3, 0x01, 0x08, 1, 0x13, 0x14, 0xf4, 0x01, 0x0a, 1, 0x41]
        let parcel = try Parcel(protobuf: bytes)
        #expect(parcel.label == "A")
        #expect(parcel.unknownFields.bytes == Array(bytes[..<8]))
    }
}
