// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import GRPC

/// Who may call a hub that is served.
///
/// A hub that is reached from other machines is closed until it is told otherwise: whoever may call it may start and
/// end everything in it, and read all of it.
public struct TaskHubAccess: Sendable {
    private let check: @Sendable (GRPCCallContext) async throws -> Void

    /// Whoever passes a check.
    ///
    /// - Parameter check: Gets the call's metadata and the client's address, and throws to refuse: a ``GRPCStatus`` is
    ///   what the caller hears.
    public init(_ check: @escaping @Sendable (GRPCCallContext) async throws -> Void) { self.check = check }

    /// Programs on this machine.
    public static let thisMachine = TaskHubAccess { context in
        guard isLoopback(context.remoteAddress) else {
            throw GRPCStatus(
                .permissionDenied,
                "this hub serves its own machine alone; its configuration may let others in, with a token or a check")
        }
    }

    /// Whoever shows a token, as `authorization: Bearer …`; without TLS, everybody in between can read it.
    public static func bearer(_ token: String) -> TaskHubAccess {
        precondition(!token.isEmpty, "an empty token lets everybody in")
        let expected = Array("Bearer \(token)".utf8)
        return TaskHubAccess { context in
            guard isSame(Array((context.metadata["authorization"] ?? "").utf8), expected) else {
                throw GRPCStatus(.unauthenticated, "this hub wants its token, as \"authorization: Bearer …\"")
            }
        }
    }

    /// Everybody, for a server that is guarded by something else.
    public static let everybody = TaskHubAccess { _ in }

    /// - Throws: why the call is refused.
    func admit(_ context: GRPCCallContext) async throws { try await check(context) }

    /// Whether an address, or the name of a host, is this machine.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        let address = host.hasPrefix("::ffff:") ? host.dropFirst(7) : host[...]
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        let isOfIPv4 = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        return isOfIPv4 || address == "::1" || address == "localhost"
    }

    /// Compares in a time that does not tell where texts differ.
    private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension GRPCServerLimits {
    /// The limits of a server for a task hub: an answer that is too large for the hub is to reach it, so that its
    /// instance hears why it failed; below the gRPC's usual 4 MiB nobody would know whose it was.
    public static var taskHub: GRPCServerLimits {
        var limits = GRPCServerLimits()
        limits.messageBytes = 32 << 20
        return limits
    }
}
