// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A setting that cannot be used: which one, what is wrong with it, and what would be right.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence a person can act on.
    ///
    /// It never holds a secret's value.
    public let description: String

    /// An error with this sentence.
    public init(_ description: String) { self.description = description }
}
