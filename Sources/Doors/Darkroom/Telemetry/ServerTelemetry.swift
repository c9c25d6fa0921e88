// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Sockets
import Telemetry

/// What a server measures and traces, as far as it is told to.
struct ServerTelemetry: Sendable {
    /// Where measurements go; nil when nobody reads them.
    let metrics: MetricRegistry?
    /// Where spans go; nil when nobody reads them.
    let spans: SpanFile?
    private let port: Int?

    init(_ settings: TelemetrySettings, log: Log) throws {
        port = settings.metricsPort
        metrics = port == nil ? nil : MetricRegistry()
        spans = try settings.spanFile.map { try SpanFile(path: $0, log: log) }
    }

    /// Where metrics are read; nil when they are not.
    ///
    /// It asks nobody who he is, so it is open to this machine alone.
    func listener(log: Log, loops: EventLoops) -> HTTPListener? {
        guard let metrics, let port else { return nil }
        return HTTPListener(
            configuration: HTTPServerConfiguration(address: SocketAddress(host: "127.0.0.1", port: UInt16(port))),
            responder: MetricsResponder(registry: metrics), log: log, loops: loops)
    }
}
