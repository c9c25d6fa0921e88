// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SQL

extension SQLHubStore {
    func putPayload(_ text: String, for instanceID: String) async throws -> String {
        let id = UUID().uuidString
        try await write { connection in
            _ = try connection.execute(
                "INSERT INTO hub_payload (id, text) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
                [.text(id), .text(text)])
            _ = try connection.execute(
                """
                INSERT INTO hub_payload_use (payload_id, instance_id) VALUES (?, ?)
                ON CONFLICT (instance_id, payload_id) DO NOTHING
                """, [.text(id), .text(instanceID)])
        }
        return id
    }

    func payload(_ row: String) async throws -> String? {
        try await read { connection in
            try connection.query("SELECT text FROM hub_payload WHERE id = ?", [.text(row)]).first?.optionalText(0)
        }
    }
}
