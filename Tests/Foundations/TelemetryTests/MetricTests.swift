// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Telemetry
import Testing

struct MetricTests {
    private let registry = MetricRegistry()

    @Test func countersAddUpBySeries() {
        let starts = registry.recorder(
            MetricDescription(.counter, "starts", unit: "{instance}", labels: ["name"], "Starts."))
        starts.record(1, "b")
        starts.record(2, "a")
        starts.record(1, "b")
        let metric = registry.metrics[0]
        #expect(metric.description == starts.description)
        #expect(metric.points.map(\.labels) == [["a"], ["b"]])
        #expect(metric.points.map(\.sum) == [2, 2])
    }

    @Test func histogramsCountBySizeWithTheirBoundsIncluded() {
        let sizes = registry.recorder(
            MetricDescription(.histogram(bounds: [1, 10]), "sizes", unit: "s", "Sizes."))
        for size in [0, 1, 1.5, 10, 11, 1_000] { sizes.record(size) }
        let point = registry.metrics[0].points[0]
        #expect(point.buckets == [2, 2, 2])
        #expect(point.count == 6)
        #expect(point.sum == 1_023.5)
    }

    @Test func gaugesAreReadWhenAskedAndAddedUp() {
        let description = MetricDescription(.gauge, "depth", unit: "{item}", labels: ["queue"], "Depth.")
        registry.gauge(description) { [MetricPoint(3, "b"), MetricPoint(1, "a")] }
        registry.gauge(description) { [MetricPoint(4, "b")] }
        #expect(registry.metrics.map(\.description) == [description])
        #expect(registry.metrics[0].points.map(\.sum) == [1, 7])
    }

    @Test func theSameNameIsTheSameMetric() {
        let description = MetricDescription(.counter, "starts", unit: "1", "Starts.")
        registry.recorder(description).record()
        registry.recorder(description).record()
        #expect(registry.metrics.map { $0.points.map(\.sum) } == [[2]])
    }

    @Test func namesThatStrangersMakeUpDoNotFillTheMemory() {
        let starts = registry.recorder(
            MetricDescription(.counter, "starts", unit: "1", labels: ["name"], "Starts."))
        for number in 0..<2_000 { starts.record(1, "\(number)") }
        let points = registry.metrics[0].points
        #expect(points.count == MetricRecorder.mostSeries + 1)
        #expect(points.first { $0.labels == [MetricRecorder.others] }?.sum == 1_000)
    }
}
