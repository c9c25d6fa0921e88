// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What brings the tables of every database from one version to the next.
enum HubMigration {
    /// Losses of instances; fairness keys and limits of waiting of tasks.
    ///
    /// The number in the index of suspicious tasks is ``HubConfiguration/suspicion``.
    static let losses = """
        ALTER TABLE hub_task ADD COLUMN fairness TEXT NOT NULL DEFAULT '';
        ALTER TABLE hub_task ADD COLUMN start_by BIGINT;
        ALTER TABLE hub_instance ADD COLUMN deliveries BIGINT NOT NULL DEFAULT 0;
        DROP INDEX hub_task_free;
        CREATE INDEX hub_task_free ON hub_task (name, priority DESC, fairness, sequence)
            WHERE lease = 0 AND parked IS NULL;
        CREATE INDEX hub_task_suspect ON hub_task (name, priority DESC, sequence)
            WHERE lease = 0 AND parked IS NULL AND deliveries >= 3;
        CREATE INDEX hub_task_start ON hub_task (start_by)
            WHERE start_by IS NOT NULL AND lease = 0 AND parked IS NULL;
        """
}
