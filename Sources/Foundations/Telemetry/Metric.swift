// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What is measured.
public struct MetricDescription: Sendable, Equatable {
    /// How measurements become one value.
    public enum Kind: Sendable, Equatable {
        /// They are added up; the sum only grows.
        case counter
        /// The value as it is when somebody asks.
        case gauge
        /// They are counted by size.
        ///
        /// - Parameter bounds: the largest size of each bucket but the last, ascending.
        case histogram(bounds: [Double])
    }

    /// Its name after OpenTelemetry's conventions, as `durabletask.activity.duration`.
    public var name: String
    /// The unit after UCUM: `s` for seconds, `{item}` for what is counted.
    public var unit: String
    /// A sentence about it.
    public var summary: String
    /// What tells its series apart; their values must be few.
    public var labels: [String]
    /// How measurements become one value.
    public var kind: Kind

    /// A description with its parts.
    public init(_ kind: Kind, _ name: String, unit: String, labels: [String] = [], _ summary: String) {
        self.kind = kind
        self.name = name
        self.unit = unit
        self.labels = labels
        self.summary = summary
    }

    /// Bounds for durations in seconds, from 100 µs to five minutes.
    public static let seconds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]

    /// Bounds for counts, from 1 to 512.
    public static let counts: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
}

/// What was measured so far.
public struct Metric: Sendable, Equatable {
    /// What is measured.
    public var description: MetricDescription
    /// One value for each series, in the order of their labels.
    public var points: [MetricPoint]
}

/// The value of one series.
public struct MetricPoint: Sendable, Equatable {
    /// The values of the description's labels, in their order.
    public var labels: [String]
    /// The sum of what was measured, or a gauge's value.
    public var sum: Double
    /// How often something was measured; 1 for a gauge.
    public var count: Int
    /// How many measurements are in each bucket of a histogram, the last without a bound; empty for everything else.
    public var buckets: [Int]

    /// The value of a gauge.
    public init(_ value: Double, _ labels: String...) {
        self.labels = labels
        sum = value
        count = 1
        buckets = []
    }

    /// A series without measurements.
    init(_ description: MetricDescription, _ labels: [String]) {
        self.labels = labels
        sum = 0
        count = 0
        if case .histogram(let bounds) = description.kind {
            buckets = [Int](repeating: 0, count: bounds.count + 1)
        } else {
            buckets = []
        }
    }

    mutating func add(_ value: Double, _ kind: MetricDescription.Kind) {
        sum += value
        count += 1
        guard case .histogram(let bounds) = kind else { return }
        buckets[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    }
}
