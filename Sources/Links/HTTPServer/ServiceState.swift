// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Synchronization
import Telemetry

/// What all connections of a listener share.
final class ServiceState: Sendable {
    /// Where a listener is in its life; it only goes forward.
    enum Phase: Int, Comparable, AtomicRepresentable {
        /// Requests are served.
        case serving
        /// Running requests may end; no new ones begin.
        case draining
        /// Everything ends at once.
        case stopping

        static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    let responder: any HTTPResponder
    let limits: HTTPServerLimits
    let isSecure: Bool
    let log: Log
    private let current = Atomic(Phase.serving)

    init(responder: any HTTPResponder, configuration: HTTPServerConfiguration, log: Log) {
        self.responder = responder
        limits = configuration.limits
        isSecure = configuration.certificate != nil
        self.log = log
    }

    var phase: Phase { current.load(ordering: .relaxed) }

    /// Goes to `phase`, unless it was passed already.
    func advance(to phase: Phase) {
        var known = current.load(ordering: .relaxed)
        while known < phase {
            let outcome = current.compareExchange(expected: known, desired: phase, ordering: .relaxed)
            if outcome.exchanged { return }
            known = outcome.original
        }
    }
}
