// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP

/// The `Date` field's value, written once a second.
struct DateField {
    private var second: time_t = -1
    private var text: [UInt8] = []

    /// The value for the present second.
    mutating func value() -> [UInt8] {
        let now = time(nil)
        if now != second {
            second = now
            text = Array(HTTPDate(secondsSinceEpoch: Int64(now)).description.utf8)
        }
        return text
    }
}
