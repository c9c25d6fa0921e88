// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How the `x-ms-` fields of a request are sorted before they are signed.
///
/// The documentation says "lexicographically", and most clients sort by bytes. The service itself compares as Windows
/// does, and the Python client follows it. The two differ where a name has `-`, `'` or `_`.
public enum HeaderOrder: Sendable, CaseIterable {
    /// By bytes.
    case bytes
    /// As the service does: first without `-` and `'`, punctuation before digits before letters; then those whose `-`
    /// or `'` comes later go first.
    case collated

    /// Whether one lower-case name goes before another.
    func precedes(_ left: String, _ right: String) -> Bool {
        switch self {
        case .bytes:
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        case .collated:
            let (first, second) = (left.utf8.compactMap(weight), right.utf8.compactMap(weight))
            if first != second { return first.lexicographicallyPrecedes(second) }
            return left.utf8.map(ignorability).lexicographicallyPrecedes(right.utf8.map(ignorability))
        }
    }
}

/// The characters of field names that count at first sight, in their order.
private let order = Array("!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz".utf8)

private func weight(_ byte: UInt8) -> Int? { order.firstIndex(of: byte) }

private func ignorability(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "'"): 1
    case UInt8(ascii: "-"): 2
    default: 0
    }
}
