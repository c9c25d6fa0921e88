// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// Adds up what a program measures, and tells whoever asks.
///
/// The program's composition makes one; libraries take an optional registry, and measure nothing without it.
public final class MetricRegistry: Sendable {
    private struct Gauge: Sendable {
        let description: MetricDescription
        let read: @Sendable () -> [MetricPoint]
    }

    private struct State {
        var recorders: [MetricRecorder] = []
        var gauges: [Gauge] = []
    }

    private let state = Lock(State())

    /// A registry without measurements.
    public init() {}

    /// What measurements of a kind are given to: the same for everybody who asks for the name.
    public func recorder(_ description: MetricDescription) -> MetricRecorder {
        state.withLock { state in
            if let known = state.recorders.first(where: { $0.description.name == description.name }) { return known }
            let recorder = MetricRecorder(description)
            state.recorders.append(recorder)
            return recorder
        }
    }

    /// Reads a gauge whenever somebody asks for what was measured; several of one name are added up.
    public func gauge(_ description: MetricDescription, _ read: @escaping @Sendable () -> [MetricPoint]) {
        state.withLock { $0.gauges.append(Gauge(description: description, read: read)) }
    }

    /// What was measured so far, by name.
    public var metrics: [Metric] {
        let (recorders, gauges) = state.withLock { ($0.recorders, $0.gauges) }
        // Read without the lock: a gauge may take locks of its own.
        var metrics = Dictionary(recorders.map { ($0.description.name, $0.metric) }) { $1 }
        for gauge in gauges {
            let name = gauge.description.name
            metrics[name, default: Metric(description: gauge.description, points: [])].add(gauge.read())
        }
        return metrics.values.sorted { $0.description.name < $1.description.name }
    }
}

/// The series of one metric.
public final class MetricRecorder: Sendable {
    /// What is measured.
    public let description: MetricDescription
    /// How many series there are at most; what would make another one is measured in one more, ``others``.
    public static let mostSeries = 1_000
    /// The value of all labels of what has no series of its own.
    public static let others = "other"

    private let series = Lock<[[String]: MetricPoint]>([:])

    init(_ description: MetricDescription) { self.description = description }

    /// Takes a measurement; one occurrence unless said otherwise.
    ///
    /// - Parameter labels: the values of the description's labels, in their order.
    public func record(_ value: Double = 1, _ labels: String...) {
        precondition(labels.count == description.labels.count, "\(description.name) has other labels")
        series.withLock { series in
            var key = labels
            if series[key] == nil, series.count >= Self.mostSeries {
                key = [String](repeating: Self.others, count: labels.count)
            }
            series[key, default: MetricPoint(description, key)].add(value, description.kind)
        }
    }

    /// What was measured so far.
    var metric: Metric {
        let points = series.withLock { Array($0.values) }
        return Metric(
            description: description, points: points.sorted { $0.labels.lexicographicallyPrecedes($1.labels) })
    }
}

extension Metric {
    fileprivate mutating func add(_ more: [MetricPoint]) {
        for point in more {
            if let index = points.firstIndex(where: { $0.labels == point.labels }) {
                points[index].sum += point.sum
            } else {
                points.append(point)
            }
        }
        points.sort { $0.labels.lexicographicallyPrecedes($1.labels) }
    }
}
