// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics

/// A limited number of places for connections.
protocol ConnectionRoom: Sendable {
    /// Whether another connection may open; if not, the next one that closes says so.
    func hasRoom() -> Bool
    /// Asks the next connection that closes to say so.
    func waitForRoom()
}

/// The open connections of a listener.
final class Roster<Connection: ServedConnection>: ConnectionRoom {
    private struct State {
        var open: [ObjectIdentifier: Connection] = [:]
        var waitsForRoom = false
    }

    private let state = Lock(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    func hasRoom() -> Bool {
        state.withLock { state in
            state.waitsForRoom = state.open.count >= capacity
            return !state.waitsForRoom
        }
    }

    func waitForRoom() {
        state.withLock { $0.waitsForRoom = true }
    }

    func open(_ connection: Connection) {
        state.withLock { $0.open[ObjectIdentifier(connection)] = connection }
    }

    /// - Returns: Whether somebody waits for this.
    func close(_ connection: Connection) -> Bool {
        state.withLock { state in
            state.open[ObjectIdentifier(connection)] = nil
            defer { state.waitsForRoom = false }
            return state.waitsForRoom
        }
    }

    var count: Int { state.withLock { $0.open.count } }

    /// Calls `body` with every open connection, on its own loop.
    func tellAll(_ body: @escaping @Sendable (Connection) -> Void) {
        for connection in state.withLock({ Array($0.open.values) }) {
            connection.loop.execute { body(connection) }
        }
    }
}
