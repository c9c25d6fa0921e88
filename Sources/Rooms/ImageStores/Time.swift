// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Milliseconds since 1970, to the nearest.
func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded()) }

/// The time that lies so many milliseconds after 1970.
func date(milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
