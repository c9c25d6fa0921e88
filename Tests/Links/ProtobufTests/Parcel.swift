// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Protobuf

/// A message with a field of every kind.
struct Parcel: ProtobufMessage, Equatable {
    enum Size: Int32 {
        case small = 0
        case large = 1
    }

    enum Content: Equatable {
        case text(String)
        case stop(Stop)
    }

    var label = ""
    var weight: Int32 = 0
    var price: Int64 = 0
    var count: UInt32 = 0
    var mark: UInt64 = 0
    var isFragile = false
    var ratio = 0.0
    var speed: Float = 0
    var fixed32: UInt32 = 0
    var fixed64: UInt64 = 0
    var seal: [UInt8] = []
    var size = Size.small
    var note: String?
    var tries: Int32?
    var origin: Stop?
    var stops: [Stop] = []
    var names: [String] = []
    var pieces: [[UInt8]] = []
    var numbers: [Int32] = []
    var ratios: [Double] = []
    var tags: [String: String] = [:]
    var depots: [String: Stop] = [:]
    var content: Content?
    var inner: [Parcel] = []
    var unknownFields = ProtobufUnknownFields()

    mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
        switch field {
        case 1: try reader.read(&label)
        case 2: try reader.read(&weight)
        case 3: try reader.read(&price)
        case 4: try reader.read(&count)
        case 5: try reader.read(&mark)
        case 6: try reader.read(&isFragile)
        case 7: try reader.read(&ratio)
        case 8: try reader.read(&speed)
        case 9: try reader.readFixed(&fixed32)
        case 10: try reader.readFixed(&fixed64)
        case 11: try reader.read(&seal)
        case 12: try reader.read(&size)
        case 13: try reader.read(&note)
        case 14: try reader.read(&tries)
        case 15: try reader.read(&origin)
        case 16: try reader.read(&stops)
        default: try decodeLater(field, from: &reader)
        }
    }

    private mutating func decodeLater(_ field: Int, from reader: inout ProtobufReader) throws {
        switch field {
        case 17: try reader.read(&names)
        case 18: try reader.read(&pieces)
        case 19: try reader.readNumbers(&numbers)
        case 20: try reader.readNumbers(&ratios)
        case 21: try reader.read(&tags)
        case 22: try reader.read(&depots)
        case 23:
            var text: String?
            try reader.read(&text)
            if let text { content = .text(text) }
        case 24:
            var stop: Stop?
            if case .stop(let known) = content { stop = known }
            try reader.read(&stop)
            if let stop { content = .stop(stop) }
        case 25: try reader.read(&inner)
        default: break
        }
    }

    func encode(into writer: inout ProtobufWriter) {
        writer.write(label, as: 1)
        writer.write(weight, as: 2)
        writer.write(price, as: 3)
        writer.write(count, as: 4)
        writer.write(mark, as: 5)
        writer.write(isFragile, as: 6)
        writer.write(ratio, as: 7)
        writer.write(speed, as: 8)
        writer.writeFixed(fixed32, as: 9)
        writer.writeFixed(fixed64, as: 10)
        writer.write(seal, as: 11)
        writer.write(size, as: 12)
        writer.write(ifPresent: note, as: 13)
        writer.write(ifPresent: tries, as: 14)
        writer.write(ifPresent: origin, as: 15)
        writer.write(stops, as: 16)
        writer.write(names, as: 17)
        writer.write(pieces, as: 18)
        writer.writeNumbers(numbers, as: 19)
        writer.writeNumbers(ratios, as: 20)
        writer.write(tags, as: 21)
        writer.write(depots, as: 22)
        switch content {
        case .text(let text): writer.write(ifPresent: text, as: 23)
        case .stop(let stop): writer.write(ifPresent: stop, as: 24)
        case nil: break
        }
        writer.write(inner, as: 25)
    }
}

/// A small message.
struct Stop: ProtobufMessage, Equatable {
    var city = ""
    var minutes: Int64 = 0
    var unknownFields = ProtobufUnknownFields()

    mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {
        switch field {
        case 1: try reader.read(&city)
        case 2: try reader.read(&minutes)
        default: break
        }
    }

    func encode(into writer: inout ProtobufWriter) {
        writer.write(city, as: 1)
        writer.write(minutes, as: 2)
    }
}

/// Knows nothing: every field is unknown to it.
struct Blank: ProtobufMessage, Equatable {
    var unknownFields = ProtobufUnknownFields()
    mutating func decode(_ field: Int, from reader: inout ProtobufReader) throws {}
    func encode(into writer: inout ProtobufWriter) {}
}

/// Messages by chance, the same for the same seed.
struct ParcelMaker {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Numbers of all lengths, the edges among them.
    mutating func number() -> UInt64 {
        switch below(4) {
        case 0: 0
        case 1: .max
        default: next() >> UInt64(below(64))
        }
    }

    mutating func text() -> String {
        let letters = ["", "a", "Zürich", "日本", "🙂", String(repeating: "long ", count: 60)]
        return letters[below(letters.count)]
    }

    mutating func stop() -> Stop {
        var stop = Stop()
        stop.city = text()
        stop.minutes = Int64(bitPattern: number())
        return stop
    }

    mutating func list<Element>(_ make: (inout Self) -> Element) -> [Element] {
        (0..<below(4)).map { _ in make(&self) }
    }

    mutating func parcel(depth: Int = 3) -> Parcel {
        var parcel = Parcel()
        parcel.label = text()
        parcel.weight = Int32(truncatingIfNeeded: number())
        parcel.price = Int64(bitPattern: number())
        parcel.count = UInt32(truncatingIfNeeded: number())
        parcel.mark = number()
        parcel.isFragile = below(2) == 1
        parcel.ratio = Double(Int64(bitPattern: number()))
        parcel.speed = Float(below(1000)) - 500
        parcel.fixed32 = UInt32(truncatingIfNeeded: number())
        parcel.fixed64 = number()
        parcel.seal = list { UInt8(truncatingIfNeeded: $0.next()) }
        parcel.size = below(2) == 1 ? .large : .small
        parcel.note = below(2) == 1 ? text() : nil
        parcel.tries = below(2) == 1 ? Int32(truncatingIfNeeded: number()) : nil
        addLists(to: &parcel)
        parcel.inner = depth == 0 ? [] : list { $0.parcel(depth: depth - 1) }
        return parcel
    }

    private mutating func addLists(to parcel: inout Parcel) {
        parcel.origin = below(2) == 1 ? stop() : nil
        parcel.stops = list { $0.stop() }
        parcel.names = list { $0.text() }
        parcel.pieces = list { $0.list { UInt8(truncatingIfNeeded: $0.next()) } }
        parcel.numbers = list { Int32(truncatingIfNeeded: $0.number()) }
        parcel.ratios = list { Double($0.below(9)) - 4.5 }
        for name in list({ $0.text() }) { parcel.tags[name] = text() }
        for name in list({ $0.text() }) { parcel.depots[name] = stop() }
        parcel.content = [nil, .text(text()), .stop(stop())][below(3)]
    }
}
