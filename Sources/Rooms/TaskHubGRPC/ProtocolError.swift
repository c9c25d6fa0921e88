// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A message makes no sense.
///
/// The same message fails the same way again.
struct ProtocolError: Error, CustomStringConvertible {
    /// What is wrong with it.
    let description: String

    init(_ description: String) { self.description = description }
}
