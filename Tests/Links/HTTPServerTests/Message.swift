// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

@testable import HTTPServer

/// What a series of bytes means, read without any socket, in pieces of whatever size.
struct Message: Equatable {
    var heads: [String] = []
    var bodies: [[UInt8]] = []
    var refusal: Rejection?
    /// Bytes that did not make a whole message.
    var isUnfinished = false

    /// Reads messages until the bytes end or are refused.
    ///
    /// - Parameter pieceSize: How many bytes arrive at once.
    init(_ bytes: [UInt8], pieceSize: Int, limits: HTTPServerLimits = HTTPServerLimits()) {
        var reader = Reader(bytes: bytes, pieceSize: pieceSize)
        do {
            while let head = try reader.nextHead(limits) {
                heads.append("\(head)")
                bodies.append([])
                try reader.readBody(head.framing) { bodies[bodies.count - 1].append($0) }
            }
        } catch let rejection as Rejection {
            refusal = rejection
        } catch {
            isUnfinished = true
        }
        if refusal == nil && !reader.arrived.isEmpty { isUnfinished = true }
    }

    init(_ text: String, pieceSize: Int = .max) {
        self.init(Array(text.utf8), pieceSize: pieceSize)
    }
}

/// Hands bytes to the parsers piece by piece.
private struct Reader {
    struct Unfinished: Error {}

    let bytes: [UInt8]
    let pieceSize: Int
    private var next = 0
    private(set) var arrived: [UInt8] = []

    init(bytes: [UInt8], pieceSize: Int) {
        self.bytes = bytes
        self.pieceSize = pieceSize
    }

    private mutating func receive() -> Bool {
        guard next < bytes.count else { return false }
        let end = bytes.count - next > pieceSize ? next + pieceSize : bytes.count
        arrived += bytes[next..<end]
        next = end
        return true
    }

    mutating func nextHead(_ limits: HTTPServerLimits) throws -> RequestHead? {
        var parser = RequestParser(limits: limits)
        while true {
            let progress = try parser.parse(arrived.span)
            arrived.removeFirst(progress.consumed)
            if let head = progress.head { return head }
            if !receive() { return nil }
        }
    }

    mutating func readBody(_ framing: BodyFraming, _ take: (UInt8) -> Void) throws {
        switch framing {
        case .none: return
        case .length(var left):
            while left > 0 {
                let count = min(Int(min(left, Int64(Int.max))), arrived.count)
                arrived[..<count].forEach(take)
                arrived.removeFirst(count)
                left -= Int64(count)
                if left > 0 && !receive() { throw Unfinished() }
            }
        case .chunked: try readChunks(take)
        }
    }

    private mutating func readChunks(_ take: (UInt8) -> Void) throws {
        var decoder = ChunkedDecoder()
        while true {
            arrived.removeFirst(try decoder.readFraming(arrived.span))
            if decoder.isDone { return }
            let count = min(Int(decoder.available), arrived.count)
            if count > 0 {
                arrived[..<count].forEach(take)
                arrived.removeFirst(count)
                decoder.took(count)
            } else if !receive() {
                throw Unfinished()
            }
        }
    }
}
