// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Why a listener could not start.
///
/// Trying again helps only after what the message names was changed.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// What kind of obstacle.
    public enum Code: Sendable {
        /// Another program listens on the port.
        case addressInUse
        /// The address is not one of this machine, not an IP address, or the port needs more rights.
        case addressUnusable
        /// The certificate or its key cannot be read or do not belong together.
        case certificateUnusable
        /// The system has no descriptors or memory left.
        case resources
    }

    /// What kind of obstacle.
    public let code: Code
    /// What failed, why, and what to do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
