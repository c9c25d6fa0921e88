// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Telemetry

/// Answers `GET /metrics` with what was measured so far, for Prometheus and its kin.
struct MetricsResponder: HTTPResponder {
    let registry: MetricRegistry

    func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse {
        guard request.path == "/metrics" else { return HTTPResponse(status: 404) }
        guard request.method == .get || request.method == .head else {
            return HTTPResponse(status: 405, fields: ["Allow": "GET, HEAD"])
        }
        return HTTPResponse(
            status: 200, fields: ["Content-Type": PrometheusText.contentType],
            body: .bytes(Array(PrometheusText(registry.metrics).text.utf8)))
    }
}
