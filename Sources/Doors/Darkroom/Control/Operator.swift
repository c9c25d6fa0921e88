// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials
public import ImageStores

/// What a person may ask of a server, and tell it: the questions behind `darkroom images` and `darkroom runs`.
///
/// ``LocalOperator`` answers from the databases, ``RemoteOperator`` asks a running server.
public protocol Operator: Sendable {
    /// One page of the records that match.
    ///
    /// - Throws: ``OperatorError`` `invalid` for a cursor that is none; when the store failed.
    func images(_ query: ImageQuery) async throws -> ImageListing

    /// The record of a picture: by `account/container/name`, by `container/name`, or by a name that only one has.
    ///
    /// - Throws: ``OperatorError`` `notFound`, or `invalid` when several are meant.
    func image(named name: String) async throws -> ImageRecord

    /// Runs that match, newest first.
    ///
    /// - Throws: when the hub failed.
    func runs(_ query: RunQuery) async throws -> RunListing

    /// One run with its history.
    ///
    /// - Throws: ``OperatorError`` `notFound`.
    func run(_ id: String) async throws -> RunDetail

    /// Runs an ended run again from its beginning, or takes up one that was set aside.
    ///
    /// - Throws: ``OperatorError`` `notFound`; `refused` when it has not ended.
    func retry(_ id: String) async throws
}

/// Why an operator's question has no answer.
public struct OperatorError: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    /// What kind of refusal it is.
    public enum Code: String, Sendable, Codable {
        /// There is nothing of that name.
        case notFound
        /// The question makes no sense as it is.
        case invalid
        /// The state of things forbids it.
        case refused
        /// No server answers.
        case unavailable
    }

    /// What kind of refusal it is.
    public let code: Code
    /// Why, and what to do.
    public let message: String

    /// A refusal.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same as ``message``.
    public var description: String { message }
}

/// Some records.
public struct ImageListing: Sendable, Codable {
    /// The records in order.
    public var images: [ImageRecord]
    /// Where the next page begins; nil at the end.
    public var next: String?
}

/// Which runs are meant.
public struct RunQuery: Sendable, Codable {
    /// In this state; nil means any.
    public var status: String?
    /// How many at most.
    public var limit = 50
    /// ``RunListing/next`` of the page before.
    public var after: String?

    /// The newest fifty of all.
    public init() {}
}

/// Some runs.
public struct RunListing: Sendable, Codable {
    /// The runs, newest first.
    public var runs: [RunSummary]
    /// Where the next page begins; nil at the end.
    public var next: String?
}

/// One run.
public struct RunSummary: Sendable, Codable {
    /// Its id.
    public var id: String
    /// Where it is in its life: pending, running, completed, failed, terminated.
    public var status: String
    /// How it ended, when it completed: processed, gone, superseded.
    public var outcome: String?
    /// The picture, as `account/container/name`.
    public var picture: String?
    /// When it was started.
    public var createdAt: Date
    /// When it ended.
    public var endedAt: Date?
    /// The kind of failure.
    public var reason: String?
    /// Why it failed, as a sentence.
    public var message: String?
}

/// One run with what happened in it.
public struct RunDetail: Sendable, Codable {
    /// Something that happened.
    public struct Step: Sendable, Codable {
        /// When.
        public var time: Date
        /// What.
        public var text: String
    }

    /// The run.
    public var run: RunSummary
    /// What happened, oldest first.
    public var steps: [Step]
    /// What it waits for, one sentence each; empty when it has ended.
    public var waits: [String]
}
