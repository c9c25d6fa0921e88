// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What others may measure and trace.
public struct TelemetrySettings: Sendable {
    /// The port of `/metrics`, on the loopback address; nil when nobody measures.
    public var metricsPort: Int?
    /// The file that spans are appended to; nil when nobody traces.
    public var spanFile: String?

    init(_ reader: SettingsReader) throws {
        metricsPort = try reader.optionalInt(
            "telemetry.metricsPort",
            "the port where Prometheus reads /metrics, from this machine only; 0 takes a free one", in: 0...65_535)
        spanFile = try reader.optionalText(
            "telemetry.spanFile", "the file that spans of runs and activities are appended to, as lines of OTLP JSON")
    }
}
