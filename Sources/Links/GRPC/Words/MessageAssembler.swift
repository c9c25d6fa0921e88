// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into messages, each behind a flag and its length.
struct MessageAssembler {
    private let limit: Int
    private var prefix: [UInt8] = []
    private var length = 0
    private var partial: [UInt8] = []

    static let prefixBytes = 5

    /// - Parameter limit: Bytes of a message; a longer one is an error.
    init(limit: Int) { self.limit = limit }

    /// Whether the bytes so far end between two messages.
    var isBetweenMessages: Bool { prefix.isEmpty }

    /// Takes more bytes and gives `take` every message that they complete.
    ///
    /// - Throws: ``GRPCStatus`` when a message is too long or compressed.
    mutating func receive(_ bytes: Span<UInt8>, _ take: ([UInt8]) -> Void) throws {
        var index = 0
        while index < bytes.count {
            if prefix.count < Self.prefixBytes {
                prefix.append(bytes[index])
                index += 1
                if prefix.count == Self.prefixBytes { try readPrefix() }
            } else {
                let count = min(length - partial.count, bytes.count - index)
                unsafe bytes.extracting(index..<index + count).withUnsafeBufferPointer { unsafe partial += $0 }
                index += count
            }
            if prefix.count == Self.prefixBytes && partial.count == length {
                take(partial)
                prefix.removeAll(keepingCapacity: true)
                partial = []
            }
        }
    }

    private mutating func readPrefix() throws {
        length = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
        switch prefix[0] {
        case 0: break
        case 1: throw GRPCStatus(.unimplemented, "the message is compressed; only identity is understood")
        default: throw GRPCStatus(.internalError, "a message begins with flag \(prefix[0]), which does not exist")
        }
        if length > limit {
            throw GRPCStatus(
                .resourceExhausted, "a message of \(length) bytes is longer than the limit of \(limit) bytes")
        }
    }

    /// A message as it goes over the wire.
    static func frame(_ message: [UInt8]) -> [UInt8] {
        var framed: [UInt8] = [0]
        framed.reserveCapacity(prefixBytes + message.count)
        for shift in [24, 16, 8, 0] { framed.append(UInt8(truncatingIfNeeded: message.count >> shift)) }
        framed += message
        return framed
    }
}
