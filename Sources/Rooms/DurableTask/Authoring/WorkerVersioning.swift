// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Which versions of orchestrations a worker runs, and what becomes of the others.
///
/// The version of an instance is a text that its starter chose. Two versions whose parts between dots all are numbers
/// (`1.10.2`, a leading `v` aside) are compared part by part, missing parts as 0; others are compared as text. An
/// instance without a version is older than every other.
public struct WorkerVersioning: Sendable, Equatable {
    /// The worker's own version; nil when it has none.
    public var version: String?
    /// Which instances it runs.
    public var match: Match
    /// What becomes of the others.
    public var mismatch: Mismatch
    /// The version of the orchestrations that its orchestrations call without naming any.
    public var childVersion: String?

    /// Which instances a worker runs.
    public enum Match: Sendable, Equatable {
        /// All of them.
        case any
        /// Those of its own version.
        case strict
        /// Those of its own version and of older ones.
        case currentOrOlder
    }

    /// What becomes of an instance that a worker does not run.
    public enum Mismatch: Sendable, Equatable {
        /// It is given back, for another worker to take.
        case reject
        /// It fails.
        case fail
    }

    /// Runs every instance.
    public static let any = WorkerVersioning(version: nil, match: .any)

    /// A worker's version with what it means; children are of the same version unless another is set.
    public init(version: String?, match: Match, mismatch: Mismatch = .reject) {
        self.version = version
        self.match = match
        self.mismatch = mismatch
        childVersion = version
    }

    /// Whether the worker runs instances of this version.
    public func admits(_ version: String?) -> Bool {
        switch match {
        case .any: true
        case .strict: Self.order(version, self.version) == 0
        case .currentOrOlder: Self.order(version, self.version) <= 0
        }
    }

    /// The failure of an instance that the worker does not run, for ``Mismatch/fail``.
    public func failure(for version: String?) -> TaskFailure {
        let wanted = version.map { "version \"\($0)\"" } ?? "no version"
        let own = self.version.map { "\"\($0)\"" } ?? "none"
        return TaskFailure(
            type: TaskFailure.EngineType.versionMismatch,
            message: "the instance has \(wanted), this worker's is \(own): start a worker that runs it",
            isRetriable: false)
    }

    /// Negative when `left` is older, 0 when both are the same, positive when it is newer.
    static func order(_ left: String?, _ right: String?) -> Int {
        guard let left, let right else { return (left == nil ? 0 : 1) - (right == nil ? 0 : 1) }
        guard let leftParts = numbers(left), let rightParts = numbers(right) else {
            return left == right ? 0 : left < right ? -1 : 1
        }
        for index in 0..<max(leftParts.count, rightParts.count) {
            let (one, other) = (leftParts[safely: index], rightParts[safely: index])
            if one != other { return one < other ? -1 : 1 }
        }
        return 0
    }

    private static func numbers(_ version: String) -> [UInt64]? {
        let digits = version.first == "v" || version.first == "V" ? version.dropFirst() : version[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) }
        return parts.contains(nil) ? nil : parts.compactMap(\.self)
    }
}

extension [UInt64] {
    fileprivate subscript(safely index: Int) -> UInt64 { index < count ? self[index] : 0 }
}
