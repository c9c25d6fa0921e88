// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How much a message may hold, whoever sent it.
///
/// The length of the bytes is for those who receive them to bound.
public struct ProtobufLimits: Sendable {
    /// Messages inside messages.
    public var depth = 100
    /// Elements of lists, entries of maps and inner messages, all together.
    ///
    /// Two bytes can stand for an empty message that takes hundreds in memory, so the length alone bounds little.
    public var values = 1 << 20

    /// The defaults.
    public init() {}
}
