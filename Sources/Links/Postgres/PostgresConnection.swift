// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CPostgres
import Glibc
import SQL

/// One connection of libpq: commands are sent without waiting, and answers taken in order.
///
/// One thread at a time may use it: not Sendable on purpose. Every failure to send or receive is final for it.
@safe
final class PostgresConnection {
    private let handle: OpaquePointer
    private let silence: Duration

    /// Connects, and blocks for as long as the settings' connect timeout for each host.
    ///
    /// - Throws: `SQLError` of kind `unavailable` in libpq's words, which name host, port and user.
    init(_ settings: PostgresSettings) throws {
        let names = CStrings(settings.keywords.map(\.name))
        let values = CStrings(settings.keywords.map(\.value))
        guard let opened = unsafe PQconnectdbParams(names.pointers, values.pointers, 1) else {
            throw SQLError(kind: .unavailable, code: 0, message: "there is no memory for a connection to PostgreSQL")
        }
        unsafe handle = unsafe opened
        silence = settings.silence
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            let message = "PostgreSQL cannot be reached: \(lastWords)"
            throw SQLError(kind: .unavailable, code: 0, message: message)
        }
        // Notices would go to the standard error stream.
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        unsafe PQsetnonblocking(handle, 1)
        try script(settings.session)
    }

    deinit { unsafe PQfinish(handle) }

    /// The socket, to wait for what arrives.
    var socket: Int32 { unsafe PQsocket(handle) }

    /// Takes in what has arrived; false when the connection is gone.
    func takeArrived() -> Bool { unsafe PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK }

    /// The next notification that has arrived.
    func nextNotification() -> String? {
        guard let notification = unsafe PQnotifies(handle) else { return nil }
        defer { unsafe PQfreemem(notification) }
        return unsafe String(cString: notification.pointee.extra)
    }

    /// Runs statements separated by `;`.
    func script(_ sql: String) throws {
        unsafe PQexitPipelineMode(handle)
        defer { unsafe PQenterPipelineMode(handle) }
        try check(unsafe PQsendQuery(handle, sql))
        var failure: SQLError?
        while let result = try nextResult() {
            if result.status == PGRES_FATAL_ERROR {
                failure = failure ?? SQLError(postgres: result, statement: sql)
            }
        }
        if let failure { throw failure }
    }

    private func check(_ status: Int32) throws {
        if status != 1 { throw SQLError.connectionLost(lastWords) }
    }

    /// The first line of libpq's report.
    private var lastWords: String {
        let words = unsafe String(cString: PQerrorMessage(handle))
        return words.split(separator: "\n").first.map(String.init) ?? "no reason is known"
    }
}

// The pipeline: commands, a sync behind the last of them, an answer for each.
extension PostgresConnection {
    /// Sends a command without parameters that is used once.
    func send(_ command: String) throws {
        try check(unsafe PQsendQueryParams(handle, command, 0, nil, nil, nil, nil, 0))
    }

    /// Sends a statement to prepare.
    func sendPreparation(_ statement: StatementCache.Prepared) throws {
        let types = statement.types.map(\.number)
        try check(unsafe PQsendPrepare(handle, statement.name, statement.text, Int32(types.count), types))
    }

    /// Sends a call of a prepared statement.
    func send(_ statement: StatementCache.Prepared, _ parameters: WireParameters) throws {
        let status = unsafe parameters.withPointers { values, lengths, formats in
            unsafe PQsendQueryPrepared(handle, statement.name, Int32(values.count), values, lengths, formats, 0)
        }
        try check(status)
    }

    /// Ends what is sent: when one of its commands fails, the server skips the rest.
    func sendSync() throws { try check(unsafe PQpipelineSync(handle)) }

    /// Waits for the next answer; nil at the end of the answers of one command.
    ///
    /// It goes on sending meanwhile, so that neither side waits with full buffers for the other.
    func nextResult() throws -> PostgresResult? {
        while unsafe PQisBusy(handle) == 1 {
            let unsent = unsafe PQflush(handle)
            try waitForSocket(unsent == 1 ? POLLIN | POLLOUT : POLLIN)
            try check(unsafe PQconsumeInput(handle))
        }
        return unsafe PQgetResult(handle).map { unsafe PostgresResult($0) }
    }

    private func waitForSocket(_ events: Int32) throws {
        // OpenSSL may hold decrypted bytes back that the socket knows nothing of, so the wait is cut in slices then.
        let slice: Duration = unsafe PQsslInUse(handle) == 1 ? .milliseconds(20) : silence
        var watched = [pollfd(fd: socket, events: Int16(events), revents: 0)]
        if pollReady(&watched, slice) || slice < silence { return }
        throw SQLError.connectionLost("the server was silent for \(silence)")
    }
}

/// Strings as C takes them: a list of addresses, with none at the end.
@safe
private final class CStrings {
    let pointers: [UnsafePointer<CChar>?]

    init(_ strings: [String]) {
        unsafe pointers = strings.map { unsafe UnsafePointer(strdup($0)) } + [nil]
    }

    deinit {
        for index in unsafe pointers.indices { unsafe free(UnsafeMutablePointer(mutating: pointers[index])) }
    }
}
