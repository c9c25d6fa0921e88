// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Protobuf

// Google's messages around single values, which tell an absent value from a default one.
extension Wire {
    /// `google.protobuf.StringValue`.
    struct TextValue: ProtobufMessage, Equatable {
        var value = ""
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            if field == 1 { try reader.read(&value) }
        }

        func encode(into writer: inout ProtobufWriter) { writer.write(value, as: 1) }
    }

    /// `google.protobuf.Int32Value`.
    struct NumberValue: ProtobufMessage {
        var value: Int32 = 0
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            if field == 1 { try reader.read(&value) }
        }

        func encode(into writer: inout ProtobufWriter) { writer.write(value, as: 1) }
    }

    /// `google.protobuf.BoolValue`.
    struct FlagValue: ProtobufMessage {
        var value = false
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            if field == 1 { try reader.read(&value) }
        }

        func encode(into writer: inout ProtobufWriter) { writer.write(value, as: 1) }
    }

    /// `google.protobuf.Timestamp` and `google.protobuf.Duration`, which look alike.
    struct SecondsAndNanoseconds: ProtobufMessage {
        var seconds: Int64 = 0
        var nanoseconds: Int32 = 0
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
            switch field {
            case 1: try reader.read(&seconds)
            case 2: try reader.read(&nanoseconds)
            default: break
            }
        }

        func encode(into writer: inout ProtobufWriter) {
            writer.write(seconds, as: 1)
            writer.write(nanoseconds, as: 2)
        }
    }
}

extension Wire.SecondsAndNanoseconds {
    /// Years 1 to 9999, which is what the type can say.
    private static let secondsOfTime: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    init(_ time: Date) {
        let milliseconds = time.millisecondsSince1970
        seconds = milliseconds.dividedRoundingDown(by: 1_000)
        nanoseconds = Int32(milliseconds - seconds * 1_000) * 1_000_000
    }

    /// To the millisecond, as hubs keep time; rounded up, so that no timer fires early.
    var time: Date {
        let whole = min(max(seconds, Self.secondsOfTime.lowerBound), Self.secondsOfTime.upperBound)
        let rest = (Int64(nanoseconds) + 999_999).dividedRoundingDown(by: 1_000_000)
        return Date(millisecondsSince1970: whole * 1_000 + rest)
    }

    init(_ duration: Duration) {
        seconds = duration.components.seconds
        nanoseconds = Int32(duration.components.attoseconds / 1_000_000_000)
    }

    var duration: Duration { .seconds(seconds) + .nanoseconds(Int64(nanoseconds)) }
}

extension Int64 {
    fileprivate func dividedRoundingDown(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension ProtobufReader {
    mutating func readText(_ value: inout String?) throws {
        try readWrapped(&value, Wire.TextValue(), \.value)
    }

    mutating func readNumber(_ value: inout Int32?) throws {
        try readWrapped(&value, Wire.NumberValue(), \.value)
    }

    mutating func readFlag(_ value: inout Bool?) throws {
        try readWrapped(&value, Wire.FlagValue(), \.value)
    }

    mutating func readTime(_ value: inout Date?) throws {
        try readWrapped(&value, Wire.SecondsAndNanoseconds(), \.time)
    }

    mutating func readDuration(_ value: inout Duration?) throws {
        try readWrapped(&value, Wire.SecondsAndNanoseconds(), \.duration)
    }

    private mutating func readWrapped<Value, Wrapper: ProtobufMessage>(
        _ value: inout Value?, _ empty: Wrapper, _ unwrap: (Wrapper) -> Value
    ) throws {
        var wrapper: Wrapper?
        try read(&wrapper)
        if let wrapper { value = unwrap(wrapper) }
    }
}

extension ProtobufWriter {
    mutating func writeText(_ value: String?, as field: Int) {
        write(ifPresent: value.map { Wire.TextValue(value: $0) }, as: field)
    }

    mutating func writeNumber(_ value: Int32?, as field: Int) {
        write(ifPresent: value.map { Wire.NumberValue(value: $0) }, as: field)
    }

    mutating func writeFlag(_ value: Bool?, as field: Int) {
        write(ifPresent: value.map { Wire.FlagValue(value: $0) }, as: field)
    }

    mutating func writeTime(_ value: Date?, as field: Int) {
        write(ifPresent: value.map { Wire.SecondsAndNanoseconds($0) }, as: field)
    }

    mutating func writeDuration(_ value: Duration?, as field: Int) {
        write(ifPresent: value.map { Wire.SecondsAndNanoseconds($0) }, as: field)
    }
}
