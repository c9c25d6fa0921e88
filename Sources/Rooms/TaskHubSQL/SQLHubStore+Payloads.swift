// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

extension SQLHubStore {
    func payload(_ row: String) async throws -> String? {
        try await read { connection in
            try connection.query("SELECT text FROM hub_payload WHERE id = ?", [.text(row)]).first?.optionalText(0)
        }
    }
}
