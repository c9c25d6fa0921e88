// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// Something that people want to hear of.
///
/// A small value: it travels through a run's history, and the same notice gives the same mail.
public struct Notice: Sendable, Equatable, Codable {
    /// What happened.
    public enum News: Sendable, Equatable, Codable {
        /// A picture is measured, and its renditions are stored.
        case processed(PictureNews)
        /// A picture was set aside.
        case failed(PictureNews, NoticeReason)
        /// A group of uploads is through.
        case batch(BatchNews)
    }

    /// What the notice is remembered by: the same key means the same notice, however often it is sent.
    public var key: String
    /// When it happened.
    public var time: Date
    /// What happened.
    public var news: News

    /// A notice of some news.
    public init(key: String, time: Date, news: News) {
        self.key = key
        self.time = time
        self.news = news
    }

    /// What kind of news it is.
    public var event: NoticeEvent {
        switch news {
        case .processed: .processed
        case .failed: .failed
        case .batch: .batch
        }
    }
}

/// The kinds of news that a route may choose from; the raw values are the words of the configuration.
public enum NoticeEvent: String, Sendable, Codable, CaseIterable {
    /// A picture went through.
    case processed
    /// A picture was set aside.
    case failed
    /// A group of uploads is through.
    case batch
}

/// Why a picture was set aside.
public struct NoticeReason: Sendable, Equatable, Codable {
    /// A word that a program can compare, such as `truncated`.
    public var code: String
    /// A sentence that a person understands.
    public var sentence: String

    /// A reason of this code and sentence.
    public init(code: String, sentence: String) {
        self.code = code
        self.sentence = sentence
    }
}

/// A picture as a notice tells of it.
public struct PictureNews: Sendable, Equatable, Codable {
    /// A stored rendition.
    public struct Rendition: Sendable, Equatable, Codable {
        /// Its name in the plan.
        public var name: String
        /// Where to see it.
        public var link: String
        /// Pixels across.
        public var width: Int
        /// Pixels down.
        public var height: Int
        /// Its size.
        public var bytes: Int64

        /// A rendition and where to see it; set the size.
        public init(name: String, link: String) {
            self.name = name
            self.link = link
            width = 0
            height = 0
            bytes = 0
        }
    }

    /// The file's name.
    public var fileName: String
    /// `container/name` of the original.
    public var place: String
    /// The original's size.
    public var bytes: Int64
    /// Pixels across; nil when it could not be measured.
    public var width: Int?
    /// Pixels down; nil when it could not be measured.
    public var height: Int?
    /// The format; nil when it was not recognised.
    public var format: String?
    /// Who uploaded it.
    public var user: String?
    /// The run that worked on it.
    public var runID: String?
    /// What was made of it.
    public var renditions: [Rendition] = []

    /// A picture that is not measured yet.
    public init(fileName: String, place: String, bytes: Int64) {
        self.fileName = fileName
        self.place = place
        self.bytes = bytes
    }
}

/// A group of uploads as a notice tells of it.
public struct BatchNews: Sendable, Equatable, Codable {
    /// A picture that was set aside.
    public struct Failure: Sendable, Equatable, Codable {
        /// The file's name.
        public var fileName: String
        /// Why.
        public var reason: NoticeReason

        /// A picture and why it was set aside.
        public init(fileName: String, reason: NoticeReason) {
            self.fileName = fileName
            self.reason = reason
        }
    }

    /// What the group is called, such as its container.
    public var name: String
    /// How many pictures went through.
    public var processed: Int
    /// How many were set aside.
    public var failed: Int
    /// The first of those that were set aside.
    public var failures: [Failure]
    /// From the first upload to the last result.
    public var seconds: Double

    /// A group of these results.
    public init(name: String, processed: Int, failed: Int, failures: [Failure], seconds: Double) {
        self.name = name
        self.processed = processed
        self.failed = failed
        self.failures = failures
        self.seconds = seconds
    }
}
