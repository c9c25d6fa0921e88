// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Names and values that go with a call, before its messages or behind them.
///
/// Names are in lower case. Values are printable ASCII; those of names that end in `-bin` are any bytes. A name may
/// come more than once.
public struct GRPCMetadata: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private var entries: [HTTP2Field] = []

    /// Names and texts.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, text) in elements { add(name, text) }
    }

    /// Whether there is nothing.
    public var isEmpty: Bool { entries.isEmpty }

    /// Every name, in order, as often as it comes.
    public var names: [String] { entries.map(\.name) }

    /// The first text of a name.
    public subscript(name: String) -> String? { all(name).first }

    /// Every text of a name, in order.
    public func all(_ name: String) -> [String] {
        let name = name.lowercased()
        return entries.filter { $0.name == name }.map(\.value)
    }

    /// Every value of a name that ends in `-bin`, in order; those that are not base64 are left out.
    public func allBytes(_ name: String) -> [[UInt8]] {
        // Several values may come as one, with commas between.
        all(name).flatMap { $0.split(separator: ",") }.compactMap { decodeBase64(String($0)) }
    }

    /// Adds a text.
    ///
    /// A call with a name or text that HTTP/2 or gRPC do not allow fails with ``GRPCStatus/Code/internalError``.
    public mutating func add(_ name: String, _ text: String) {
        entries.append(HTTP2Field(name.lowercased(), text))
    }

    /// Adds bytes under a name that ends in `-bin`.
    public mutating func add(_ name: String, bytes: [UInt8]) {
        precondition(name.hasSuffix("-bin"), "the name of a value in bytes ends in -bin")
        add(name, Data(bytes).base64EncodedString())
    }
}

extension GRPCMetadata {
    /// What of received fields is not the protocol's own.
    init(fields: [HTTP2Field]) {
        entries = fields.filter { !Self.isReserved($0.name) }
    }

    /// The fields to send.
    ///
    /// - Throws: ``GRPCStatus`` when one cannot be sent, or they are too many.
    func fields() throws -> [HTTP2Field] {
        let cost = entries.reduce(0) { sum, field in
            sum + HTTP2Field.cost(nameBytes: field.name.utf8.count, valueBytes: field.value.utf8.count)
        }
        if cost > Self.mostBytes {
            throw GRPCStatus(
                .internalError, "\(cost) bytes of metadata are more than the \(Self.mostBytes) that are sent")
        }
        for field in entries {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(Self.isNameByte), !Self.isReserved(field.name),
                field.value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }),
                field.value.utf8.first != 0x20, field.value.utf8.last != 0x20
            else { throw GRPCStatus(.internalError, "metadata \(field.name) has a name or value that cannot be sent") }
        }
        return entries
    }

    /// What nghttp2 sends at all is 64 KiB, the protocol's own fields included.
    private static let mostBytes = 48 << 10

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isReserved(_ name: String) -> Bool {
        name.hasPrefix(":") || name.hasPrefix("grpc-") || reserved.contains(name)
    }

    private static let reserved: Set<String> = [
        "content-type", "te", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]
}

/// Bytes of base64 text, whose padding may be missing.
private func decodeBase64(_ text: String) -> [UInt8]? {
    let text = text.filter { $0 != " " }
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    return Data(base64Encoded: text + padding).map(Array.init)
}
