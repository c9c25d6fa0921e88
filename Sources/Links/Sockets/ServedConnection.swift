// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A client's connection, in the words of some protocol.
package protocol ServedConnection: AnyObject, Sendable {
    /// Where it is served.
    var loop: EventLoop { get }

    /// Serves the client until one side has enough; called on the loop's thread.
    @concurrent
    func run() async

    /// Lets running requests end, and the connection with them; called on the loop's thread.
    func drain()

    /// Ends the connection and its requests at once; called on the loop's thread.
    func cut()
}

/// Where a listener is in its life; it only goes forward.
package enum ServicePhase: Int, Comparable, AtomicRepresentable {
    /// Requests are served.
    case serving
    /// Running requests may end; no new ones begin.
    case draining
    /// Everything ends at once.
    case stopping

    /// Orders phases by time.
    package static func < (left: ServicePhase, right: ServicePhase) -> Bool { left.rawValue < right.rawValue }
}

/// The phase that all connections of a listener look at.
package final class ServiceLife: Sendable {
    private let current = Atomic(ServicePhase.serving)

    /// Begins with serving.
    package init() {}

    /// Where the listener is.
    package var phase: ServicePhase { current.load(ordering: .relaxed) }

    /// Goes to `phase`, unless it was passed already.
    func advance(to phase: ServicePhase) {
        var known = current.load(ordering: .relaxed)
        while known < phase {
            let outcome = current.compareExchange(expected: known, desired: phase, ordering: .relaxed)
            if outcome.exchanged { return }
            known = outcome.original
        }
    }
}
