// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// What a handler knows of the call it answers, and may add to the answer.
public final class GRPCCallContext: Sendable {
    /// The method.
    public let path: String
    /// What the client sent before its message.
    public let metadata: GRPCMetadata
    /// When the client has no use for the answer any more; nil for never.
    public let deadline: ContinuousClock.Instant?
    /// The client's IP address.
    public let remoteAddress: String
    private let answer = Lock((head: GRPCMetadata(), trailers: GRPCMetadata()))

    /// A call.
    public init(
        path: String, metadata: GRPCMetadata = [:], deadline: ContinuousClock.Instant? = nil,
        remoteAddress: String = ""
    ) {
        self.path = path
        self.metadata = metadata
        self.deadline = deadline
        self.remoteAddress = remoteAddress
    }

    /// What goes before the answer; set it before the first message.
    public var head: GRPCMetadata {
        get { answer.withLock { $0.head } }
        set { answer.withLock { $0.head = newValue } }
    }

    /// What goes behind the answer of a call that ends well; one that does not has the trailers of its status.
    public var trailers: GRPCMetadata {
        get { answer.withLock { $0.trailers } }
        set { answer.withLock { $0.trailers = newValue } }
    }
}
