// Darkroom
// SPDX-License-Identifier: Apache-2.0

import SQL

extension SQLError {
    /// The failure that the server reports in an answer.
    ///
    /// Its details are left out, because they quote values; so are quoted words where the fault lies in a value.
    init(postgres result: PostgresResult, statement: String?) {
        let state = result.field("C") ?? "XX000"
        let severity = result.field("V") ?? "ERROR"
        let words = result.field("M") ?? "unknown failure"
        let message = state.hasPrefix("22") ? Self.withoutValue(words) : words
        self.init(
            kind: severity == "ERROR" ? Kind(sqlState: state) : .unavailable,
            code: Int(state, radix: 36) ?? 0, message: "\(message), SQLSTATE \(state)", statement: statement)
    }

    /// The connection broke; nothing of the transaction was written.
    static func connectionLost(_ reason: String) -> SQLError {
        SQLError(kind: .unavailable, code: 0, message: "the connection to PostgreSQL was lost: \(reason)")
    }

    /// A use of the driver that PostgreSQL cannot follow.
    static func misuse(_ message: String, statement: String?) -> SQLError {
        SQLError(kind: .misuse, code: 0, message: message, statement: statement)
    }

    /// A value that PostgreSQL does not take.
    static func value(_ message: String, statement: String?) -> SQLError {
        SQLError(kind: .value, code: 0, message: message, statement: statement)
    }

    private static func withoutValue(_ words: String) -> String {
        guard let first = words.firstIndex(of: "\""), let last = words.lastIndex(of: "\""), first < last else {
            return words
        }
        return words[...first] + "…" + words[last...]
    }
}

extension SQLError.Kind {
    /// The kind of a SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html).
    init(sqlState state: String) {
        self =
            switch (state.prefix(2), state) {
            case ("23", _): .constraint
            case (_, "40003"): .unknownOutcome
            case ("22", _), ("54", _): .value
            case ("40", _), (_, "55P03"): .busy
            case (_, "57014"): .timeout
            case ("08", _), (_, "57P01"), (_, "57P02"), (_, "57P03"), (_, "53300"): .unavailable
            case ("53", _), ("58", _): .storage
            case (_, "XX001"), (_, "XX002"): .corrupt
            default: .misuse
            }
    }
}
