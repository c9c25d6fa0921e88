// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import SQL

extension SQLError {
    /// The failure that a connection reports for a result code.
    @unsafe
    init(sqlite status: Int32, on connection: OpaquePointer?, statement: String?) {
        let words = unsafe connection == nil ? sqlite3_errstr(status) : sqlite3_errmsg(connection)
        let message = if let words = unsafe words { unsafe String(cString: words) } else { "unknown failure" }
        self.init(kind: Kind(sqlite: status), code: Int(status), message: message, statement: statement)
    }
}

extension SQLError.Kind {
    /// The kind of a result code, primary or extended (https://www.sqlite.org/rescode.html).
    init(sqlite status: Int32) {
        switch status & 0xff {
        case SQLITE_CONSTRAINT: self = .constraint
        case SQLITE_TOOBIG: self = .value
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_NOMEM: self = .storage
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
        default: self = .misuse
        }
    }
}
