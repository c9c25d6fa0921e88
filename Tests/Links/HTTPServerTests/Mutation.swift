// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Random numbers that come again with their seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

/// Requests with something wrong in them.
enum Mutation {
    static let requests = [
        "GET /echo?x=1 HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
        "PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n",
        "HEAD http://h/echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "PUT /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    ]

    private static let splinters = [
        "\r\n", "\n", "\r", ":", " ", "\t", "\0", "chunked", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
        "0\r\n\r\n", "FFFFFFFFFFFFFFF\r\n", "%00", "Host: b\r\n", "close",
    ]

    /// Two requests with one to four changes.
    static func message(_ random: inout SeededGenerator) -> [UInt8] {
        let first = requests.randomElement(using: &random) ?? ""
        let second = requests.randomElement(using: &random) ?? ""
        var bytes = Array((first + second).utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty { change(&bytes, &random) }
        return bytes
    }

    private static func change(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...6, using: &random)))
        case 2, 3: bytes.insert(contentsOf: Array((splinters.randomElement(using: &random) ?? "").utf8), at: place)
        default: bytes.append(contentsOf: bytes[Int.random(in: 0..<bytes.count, using: &random)...])
        }
    }
}
