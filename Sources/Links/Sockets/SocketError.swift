// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why a socket could not be opened.
///
/// Trying again helps only after what the message names was changed.
public struct SocketError: Error, Sendable, CustomStringConvertible {
    /// What kind of obstacle.
    public enum Code: Sendable {
        /// Another program listens on the port.
        case addressInUse
        /// The address is not one of this machine, not an IP address, or the port needs more rights.
        case addressUnusable
        /// The certificate or its key cannot be read or do not belong together.
        case certificateUnusable
        /// The server does not answer, or not as the one it should be.
        case unreachable
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

extension SocketError {
    /// Why listening on an address failed.
    init(binding address: SocketAddress, errno error: Int32) {
        switch error {
        case EADDRINUSE:
            self.init(.addressInUse, "\(address) is taken by another program; stop it or choose another port")
        case EADDRNOTAVAIL:
            self.init(.addressUnusable, "\(address.host) is not an IP address of this machine")
        case EACCES:
            self.init(
                .addressUnusable, "listening on \(address) is not permitted; choose a port of 1024 or above")
        default:
            self.init(.resources, "listening on \(address) failed: \(systemMessage(error))")
        }
    }
}

/// The system's words for an error number.
func systemMessage(_ error: Int32) -> String { unsafe String(cString: strerror(error)) }
