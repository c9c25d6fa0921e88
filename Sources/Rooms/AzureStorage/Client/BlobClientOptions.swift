// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How a ``BlobClient`` behaves.
public struct BlobClientOptions: Sendable {
    /// When calls are made again.
    public var retries = BlobRetryPolicy()
    /// Files up to this many bytes go in one request.
    public var singleRequestBytes: Int64 = 16 << 20
    /// Larger files go in blocks of this many bytes; of more, when a blob could not hold so many blocks.
    public var blockBytes: Int64 = 8 << 20
    /// How many blocks of a file are under way at once.
    public var parallelBlocks = 4
    /// Connections to the service at once.
    public var connections = 32
    /// Without a byte in either direction.
    public var stallTimeout: Duration = .seconds(60)
    /// A PEM file of the authorities to trust instead of the system's.
    public var authorityFile: String?

    /// The defaults.
    public init() {}
}

/// When a call is made again: after no answer, and after 408, 429, 500, 502, 503 and 504.
public struct BlobRetryPolicy: Sendable, Equatable {
    /// How often a call is made at most.
    public var attempts = 5
    /// How long to wait after the first failure; twice as long after each further one.
    public var firstDelay: Duration = .milliseconds(500)
    /// How long to wait at most, unless the service asks for more.
    public var longestDelay: Duration = .seconds(15)

    /// The defaults.
    public init() {}

    /// The wait after a failed attempt, counted from 1.
    ///
    /// - Parameter jitter: From 0 to 1; spreads callers that failed together over half the wait.
    func delay(afterAttempt attempt: Int, jitter: Double) -> Duration {
        let doubled = firstDelay * (1 << min(attempt - 1, 20))
        return min(doubled, longestDelay) * (0.5 + jitter / 2)
    }
}

/// How a file becomes a blob.
public struct BlobUploadOptions: Sendable {
    /// The blob's content type.
    public var contentType: String?
    /// What is kept with it.
    public var metadata = BlobMetadata.none
    /// Whether a blob of this name may be there already.
    public var mayOverwrite = true

    /// The defaults.
    public init() {}
}
