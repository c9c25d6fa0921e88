// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
public import Postgres
public import Telemetry

extension EmbeddedTaskHub {
    /// A hub in a PostgreSQL database, which any number of processes share.
    ///
    /// Each of them is a member that lives as long as it renews its membership, which ``run()`` does. What a member
    /// had in hand that stopped doing so goes on in another; should it come back, it begins again with nothing.
    ///
    /// - Parameter configuration: `leaseDuration` is also how long a member that fell silent keeps what it has.
    /// - Throws: ``TaskHubError`` `newerSchema`; the database's errors.
    public static func postgres(
        _ database: PostgresDatabase, clock: any HubClock = SystemHubClock(),
        configuration: HubConfiguration = HubConfiguration(), log: Log = .silent, metrics: MetricRegistry? = nil
    ) async throws -> EmbeddedTaskHub {
        let store = SQLHubStore(database, PostgresHubDialect()) { texts(of: database, holding: $0) }
        return try await EmbeddedTaskHub(
            store: store, clock: clock, configuration: configuration, log: log, metrics: metrics)
    }

    /// What members send to each other; nil when some of it may have been missed.
    private static func texts(of database: PostgresDatabase, holding session: Int64) -> AsyncStream<String?> {
        let notifications = database.notifications(on: HubSignal.channel, holding: session)
        return AsyncStream { continuation in
            // Unstructured: it ends with the stream that it feeds.
            let task = Task {
                for await notification in notifications {
                    switch notification {
                    case .listening: continuation.yield(nil)
                    case .message(let text): continuation.yield(text)
                    }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
