// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

extension UUID {
    /// A random id, as `UUID()` makes them; that opens a device each time.
    static func random() -> UUID {
        var generator = SystemRandomNumberGenerator()
        let (first, last): (UInt64, UInt64) = (generator.next(), generator.next())
        func byte(_ word: UInt64, _ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> (8 * place)) }
        return UUID(
            uuid: (
                byte(first, 0), byte(first, 1), byte(first, 2), byte(first, 3), byte(first, 4), byte(first, 5),
                byte(first, 6) & 0x0f | 0x40, byte(first, 7), byte(last, 0) & 0x3f | 0x80, byte(last, 1),
                byte(last, 2), byte(last, 3), byte(last, 4), byte(last, 5), byte(last, 6), byte(last, 7)
            ))
    }
}
