// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A picture that cannot be processed, and why: an answer about the picture, not an accident of the program.
public struct ImageRejection: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// The reasons a program can act on.
    public enum Reason: String, Codable, Sendable, CaseIterable {
        /// Not a picture, or of a format that is not read here.
        case unsupported
        /// A picture whose bytes contradict themselves.
        case corrupt
        /// A picture whose end is missing.
        case truncated
        /// The file is larger than the limit.
        case tooManyBytes
        /// More pixels, longer sides, a narrower shape or more passes than the limits allow.
        case tooManyPixels
        /// More frames or pages than the limit allows.
        case tooManyFrames
        /// Not finished within the limit of time.
        case timeout
        /// The process that decoded it ended in the middle, or ran out of memory.
        case workerCrashed
    }

    /// Why.
    public var reason: Reason
    /// Why, as a sentence for people, with the figures and what to do.
    public var message: String

    /// A rejection.
    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// Whether another attempt may end differently.
    ///
    /// Bound the attempts: a picture that crashes workers does so again.
    public var isRetriable: Bool { reason == .timeout || reason == .workerCrashed }

    /// The reason and the sentence.
    public var description: String { "\(reason.rawValue): \(message)" }
}

/// Work that could not be done for a cause other than the picture.
public struct ImagingFailure: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// The causes a program can act on.
    public enum Code: String, Codable, Sendable {
        /// Too many pictures wait already.
        case busy
        /// The pool was closed.
        case closed
        /// The source cannot be opened or read.
        case sourceUnreadable
        /// A rendition cannot be written.
        case outputUnwritable
        /// The encoder of a rendition's format failed.
        case encodingFailed
        /// No worker process starts.
        case workerUnavailable
        /// The job itself makes no sense, such as a plan out of range.
        case invalidJob
    }

    /// The cause.
    public var code: Code
    /// What failed and what to do about it.
    public var message: String

    /// A failure.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later.
    public var isRetriable: Bool {
        switch code {
        case .busy, .sourceUnreadable, .outputUnwritable, .workerUnavailable: true
        case .closed, .invalidJob, .encodingFailed: false
        }
    }

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}
