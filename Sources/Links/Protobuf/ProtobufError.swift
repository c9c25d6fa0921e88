// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a message.
///
/// The same bytes fail the same way again.
public struct ProtobufError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the bytes.
    public enum Code: Sendable, Hashable {
        /// They end inside a value.
        case truncated
        /// A number takes more than ten bytes, or more than 64 bits.
        case overlongNumber
        /// A field has number 0, a number above 2^29 - 1, or a wire type that does not exist.
        case invalidTag
        /// A group ends that did not begin, or with the wrong number, or not at all.
        case unbalancedGroup
        /// Text is not UTF-8.
        case invalidText
        /// Messages stand in each other deeper than ``ProtobufLimits/depth``.
        case tooDeep
        /// More values than ``ProtobufLimits/values``.
        case tooManyValues
    }

    /// What is wrong with the bytes.
    public let code: Code
    /// How many bytes stand before the trouble.
    public let offset: Int

    /// What is wrong, and where.
    public var description: String { "not a protobuf message: \(reason) at byte \(offset)" }

    private var reason: String {
        switch code {
        case .truncated: "it ends inside a value"
        case .overlongNumber: "a number is longer than 64 bits"
        case .invalidTag: "a field has no valid number or type"
        case .unbalancedGroup: "a group's beginning and end do not match"
        case .invalidText: "text is not UTF-8"
        case .tooDeep: "messages are nested too deep"
        case .tooManyValues: "it has too many values"
        }
    }
}
