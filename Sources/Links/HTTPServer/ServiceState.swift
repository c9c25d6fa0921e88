// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import HTTP
import Sockets
import Telemetry

/// What all connections of a listener share.
final class ServiceState: Sendable {
    let responder: any HTTPResponder
    let limits: HTTPServerLimits
    let isSecure: Bool
    let log: Log
    let life = ServiceLife()
    private let dateField = Lock(DateField())

    init(responder: any HTTPResponder, configuration: HTTPServerConfiguration, log: Log) {
        self.responder = responder
        limits = configuration.limits
        isSecure = configuration.certificate != nil
        self.log = log
    }

    var phase: ServicePhase { life.phase }

    /// The value of the `Date` field.
    var date: [UInt8] { dateField.withLock { $0.value() } }
}
