// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Telemetry

/// A long-lived part of the program.
struct Service: Sendable {
    /// What the log calls it.
    let name: String
    /// Works until it is cancelled or drained.
    let run: @Sendable () async throws -> Void
    /// Makes ``run`` return once what is under way has ended, which may take this long; nil when cancelling is enough.
    var drain: (@Sendable (Duration) async -> Void)?
}

/// Services that live and end together: started in order, so that each finds those it needs, and drained in reverse.
struct ServiceGroup: Sendable {
    let services: [Service]
    let log: Log

    /// Runs all services until `stop` returns; then drains them in reverse within `limit`, and cancels what is left.
    ///
    /// - Throws: what the first service threw that failed; the others are cancelled then.
    func run(until stop: @escaping @Sendable () async -> Void, drainWithin limit: Duration) async throws {
        let ends = services.map { _ in AsyncStream<Never>.makeStream() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (service, end) in zip(services, ends) {
                group.addTask {
                    defer { end.continuation.finish() }
                    try await run(service)
                }
            }
            group.addTask {
                await stop()
                await drain(within: limit, ends.map(\.stream))
                throw CancellationError()
            }
            defer { group.cancelAll() }
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                // Drained: the deferred cancellation ends what is still running.
            }
        }
    }

    private func run(_ service: Service) async throws {
        do {
            try await service.run()
        } catch is CancellationError {
            // Somebody wanted it to end.
        } catch {
            log(.error, "a part of the server failed", ["part": service.name, "reason": "\(error)"])
            throw error
        }
    }

    private func drain(within limit: Duration, _ ends: [AsyncStream<Never>]) async {
        let deadline = ContinuousClock.now + limit
        for (service, end) in zip(services, ends).reversed() {
            guard let drain = service.drain else { continue }
            let left = max(.zero, deadline - .now)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await drain(left)
                    for await _ in end {}
                }
                group.addTask { try? await Task.sleep(for: left) }
                await group.next()
                group.cancelAll()
            }
        }
    }
}
