// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import FoundationEssentials

/// What shows a hub who calls.
public struct AccessToken: Sendable {
    /// What goes behind `Bearer`.
    public let text: String
    /// When it is no longer good.
    public let expiresAt: Date

    /// A token.
    public init(_ text: String, expiresAt: Date) {
        self.text = text
        self.expiresAt = expiresAt
    }

    /// What Durable Task Scheduler wants the token to be for.
    public static let schedulerScope = "https://durabletask.io/.default"
}

/// Gets a new token.
///
/// - Throws: why there is none; the call then fails as `unauthenticated`.
public typealias AccessTokenProvider = @Sendable () async throws -> AccessToken

/// Keeps a token as long as it is good.
///
/// Callers that come while a new one is fetched wait for that one.
actor AccessTokenCache {
    /// A token is replaced this long before it expires.
    private static let margin: TimeInterval = 5 * 60

    private let provider: AccessTokenProvider
    private let now: @Sendable () -> Date
    private var token: AccessToken?
    private var fetch: Task<AccessToken, any Error>?

    init(_ provider: @escaping AccessTokenProvider, now: @escaping @Sendable () -> Date = { Date() }) {
        self.provider = provider
        self.now = now
    }

    func current() async throws -> AccessToken {
        if let token, token.expiresAt.timeIntervalSince(now()) > Self.margin { return token }
        do {
            return try await fresh()
        } catch {
            // The old one may do for some minutes more.
            if let token, token.expiresAt > now() { return token }
            throw error
        }
    }

    private func fresh() async throws -> AccessToken {
        if let fetch { return try await fetch.value }
        // Unstructured: several callers wait for it, and the first one's cancellation is not the others'.
        let task = Task { [provider] in try await provider() }
        fetch = task
        defer { fetch = nil }
        let token = try await task.value
        self.token = token
        return token
    }
}
