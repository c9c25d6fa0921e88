// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How much a log line matters.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    /// For somebody who looks for a fault.
    case debug
    /// What the program did.
    case info
    /// Something to look at, work goes on.
    case warning
    /// Work was lost or refused.
    case error

    /// By severity.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// One line of the log.
///
/// A sentence, and values that a program can read. Never a secret, never a row's content.
public struct LogLine: Sendable, Equatable {
    /// How much it matters.
    public var level: LogLevel
    /// A short sentence without values in it.
    public var message: String
    /// The values, in the order to print them.
    public var values: [(name: String, value: String)]

    /// A line with its values.
    public init(_ level: LogLevel, _ message: String, _ values: KeyValuePairs<String, String> = [:]) {
        self.level = level
        self.message = message
        self.values = values.map { (name: $0.key, value: $0.value) }
    }

    /// Same level, message and values.
    public static func == (left: LogLine, right: LogLine) -> Bool {
        left.level == right.level && left.message == right.message
            && left.values.elementsEqual(right.values) { $0 == $1 }
    }
}

/// Where log lines go.
///
/// The program's composition chooses; libraries only pass lines on.
public struct Log: Sendable {
    private let threshold: LogLevel
    private let write: @Sendable (LogLine) -> Void

    /// A log that hands every line at or above `threshold` to `write`.
    public init(from threshold: LogLevel = .info, write: @escaping @Sendable (LogLine) -> Void) {
        self.threshold = threshold
        self.write = write
    }

    /// A log that nobody reads.
    public static let silent = Log(from: .error) { _ in }

    /// Writes a line if its level reaches the threshold.
    public func callAsFunction(
        _ level: LogLevel, _ message: String, _ values: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        guard level >= threshold else { return }
        write(LogLine(level, message, values()))
    }
}
