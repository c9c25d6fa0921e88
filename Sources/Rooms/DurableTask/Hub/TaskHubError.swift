// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A task hub refused something.
public struct TaskHubError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of refusal it is.
    public enum Code: String, Sendable {
        /// No instance has this id.
        case notFound
        /// The instance has not ended yet.
        case running
        /// The work was given to somebody else meanwhile; what was done is to be dropped.
        case leaseLost
        /// Another process has taken the hub over; this one must stop.
        case ownerChanged
        /// This process, one of several that share the hub, was taken for dead, and begins again by itself.
        case membershipLost
        /// A value is larger than the hub allows.
        case payloadTooLarge
        /// Too much waits already.
        case full
        /// The store was written by a newer version of the program.
        case newerSchema
        /// What the store holds cannot be read.
        case corrupt
        /// The request makes no sense.
        case invalid
    }

    /// What kind of refusal it is.
    public let code: Code
    /// What was refused, why, and what to do.
    public let message: String

    /// A refusal with its reason.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later.
    public var isRetriable: Bool { code == .full || code == .running || code == .membershipLost }

    /// The message.
    public var description: String { message }

    /// The refusal of a value that would fail an orchestration so.
    init(refusing failure: TaskFailure) {
        let isTooLarge = failure.type == TaskFailure.EngineType.payloadTooLarge
        self.init(isTooLarge ? .payloadTooLarge : .invalid, failure.message)
    }

    /// There is no such instance.
    package static func notFound(_ id: String) -> TaskHubError {
        TaskHubError(.notFound, "there is no instance \"\(id)\"")
    }
}
