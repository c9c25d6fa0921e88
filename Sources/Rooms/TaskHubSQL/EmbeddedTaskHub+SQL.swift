// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
public import SQL
public import Telemetry

extension EmbeddedTaskHub {
    /// A hub in a SQLite database, which other tables may share.
    ///
    /// Opening takes the hub over: what an earlier process left unfinished is handed out again, and should that
    /// process still live, its next write is refused with `ownerChanged`.
    ///
    /// - Throws: ``TaskHubError`` `newerSchema`; the database's errors.
    public static func sqlite(
        _ database: any SQLDatabase, clock: any HubClock = SystemHubClock(),
        configuration: HubConfiguration = HubConfiguration(), log: Log = .silent, metrics: MetricRegistry? = nil
    ) async throws -> EmbeddedTaskHub {
        try await EmbeddedTaskHub(
            store: SQLHubStore(database, SQLiteHubDialect()), clock: clock, configuration: configuration, log: log,
            metrics: metrics)
    }
}
