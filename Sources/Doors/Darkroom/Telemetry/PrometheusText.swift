// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Telemetry

/// Metrics in the text format of Prometheus, version 0.0.4.
struct PrometheusText {
    /// What the text is called over HTTP.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    init(_ metrics: [Metric]) {
        for metric in metrics where !metric.points.isEmpty { add(metric) }
    }

    private mutating func add(_ metric: Metric) {
        let description = metric.description
        let name = description.prometheusName
        text += "# HELP \(name) \(escaped(description.summary, quotes: false))\n"
        text += "# TYPE \(name) \(description.kind.prometheusName)\n"
        for point in metric.points {
            let labels = zip(description.labels, point.labels).map { "\(legal($0))=\"\(escaped($1, quotes: true))\"" }
            if case .histogram(let bounds) = description.kind {
                add(point, bounds, name, labels)
            } else {
                sample(name, labels, point.sum)
            }
        }
    }

    private mutating func add(_ point: MetricPoint, _ bounds: [Double], _ name: String, _ labels: [String]) {
        var count = 0
        for (bound, inBucket) in zip(bounds.map { "\($0)" } + ["+Inf"], point.buckets) {
            count += inBucket
            sample("\(name)_bucket", labels + ["le=\"\(bound)\""], Double(count))
        }
        sample("\(name)_sum", labels, point.sum)
        sample("\(name)_count", labels, Double(point.count))
    }

    private mutating func sample(_ name: String, _ labels: [String], _ value: Double) {
        let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        text += "\(name)\(braces) \(Int(exactly: value).map { "\($0)" } ?? "\(value)")\n"
    }
}

extension MetricDescription {
    /// The name with its unit, and `_total` for what only grows.
    fileprivate var prometheusName: String {
        var name = legal(name)
        if unit == "s" { name += "_seconds" }
        if case .counter = kind { name += "_total" }
        return name
    }
}

extension MetricDescription.Kind {
    fileprivate var prometheusName: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// A name with underscores for what Prometheus does not allow in one.
private func legal(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
}

private func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\"" where quotes: escaped += "\\\""
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
