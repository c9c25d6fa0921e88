// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A connection lent to a closure, on a thread that may block.
///
/// It must not leave the closure. A statement that fails spoils the transaction on some databases, so let its error
/// out of the closure; use `ON CONFLICT` and conditions where a row may be refused.
public protocol SQLConnection: AnyObject {
    /// Runs a statement and returns its rows, copied out.
    ///
    /// - Parameters:
    ///   - sql: One statement with `?` for each parameter. Prepared once a connection and kept, so the text
    ///     must come from the program, not from data.
    ///   - parameters: The values in order.
    /// - Throws: ``SQLError``.
    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow]

    /// Runs a statement and returns how many rows it changed.
    ///
    /// - Throws: ``SQLError``.
    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int

    /// Runs one statement once for each row of parameters, in order, and returns the rows of each answer.
    ///
    /// Far faster than one call a row where the database is a server: all rows travel together.
    ///
    /// - Throws: ``SQLError`` of the first row that failed; no answer of the others is returned then, and what they
    ///   changed is undone with the transaction.
    func queryEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [[SQLRow]]

    /// Runs one statement once for each row of parameters, in order, and returns how many rows each changed.
    ///
    /// Far faster than one call a row where the database is a server: all rows travel together.
    ///
    /// - Throws: ``SQLError`` of the first row that failed, as ``queryEach(_:_:)`` does.
    @discardableResult
    func executeEach(_ sql: String, _ rows: [[SQLValue]]) throws -> [Int]

    /// Runs statements in order and returns the rows of each.
    ///
    /// Where the database is a server, all of them travel together; none may depend on the answer to another.
    ///
    /// - Throws: ``SQLError`` of the first that failed.
    func queryAll(_ calls: [SQLCall]) throws -> [[SQLRow]]

    /// Runs a statement whose answer nobody waits for: at once, or, where the database is a server, together with the
    /// next statement or the commit.
    ///
    /// - Throws: ``SQLError``; if it is sent later, what it is sent with throws.
    func executeLater(_ sql: String, _ parameters: [SQLValue]) throws

    /// Runs a statement as ``executeLater(_:_:)`` does, and hands its rows over when they are there: no later than when
    /// the transaction has been committed.
    ///
    /// - Throws: ``SQLError``; if it is sent later, what it is sent with throws.
    func queryLater(_ call: SQLCall, _ receive: @escaping ([SQLRow]) -> Void) throws

    /// Runs statements separated by `;`, without parameters: for schemas.
    ///
    /// - Throws: ``SQLError``.
    func executeScript(_ sql: String) throws
}

/// A statement with the values of its parameters.
public struct SQLCall: Sendable {
    /// One statement with `?` for each parameter.
    public let sql: String
    /// The values in order.
    public let parameters: [SQLValue]

    /// A statement with its values.
    public init(_ sql: String, _ parameters: [SQLValue] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}

extension SQLConnection {
    /// Runs statements one after the other.
    public func queryAll(_ calls: [SQLCall]) throws -> [[SQLRow]] { try calls.map { try query($0.sql, $0.parameters) } }

    /// Runs a statement at once.
    public func executeLater(_ sql: String, _ parameters: [SQLValue]) throws { try execute(sql, parameters) }

    /// Runs a statement at once.
    public func queryLater(_ call: SQLCall, _ receive: @escaping ([SQLRow]) -> Void) throws {
        receive(try query(call.sql, call.parameters))
    }

    /// Runs a statement without parameters and returns its rows.
    public func query(_ sql: String) throws -> [SQLRow] { try query(sql, []) }

    /// Runs a statement without parameters.
    @discardableResult
    public func execute(_ sql: String) throws -> Int { try execute(sql, []) }
}

/// A database that many tasks share.
public protocol SQLDatabase: Sendable {
    /// Runs `body` in a transaction and returns once it is durable.
    ///
    /// Writes of many callers may share one commit; when `body` throws, its own changes alone are undone.
    ///
    /// - Throws: what `body` throws; ``SQLError`` when the commit fails, and then nothing was written, unless its
    ///   kind is `unknownOutcome`.
    @discardableResult
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value

    /// Runs `body` against the last committed state.
    ///
    /// - Throws: what `body` throws.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value

    /// Runs statements that only read, and returns the rows of each; where the database is a server, all of them
    /// travel together.
    ///
    /// Each sees what is committed when it runs.
    ///
    /// - Throws: ``SQLError`` of the first that failed.
    func queryAll(_ calls: [SQLCall]) async throws -> [[SQLRow]]
}

extension SQLDatabase {
    /// Runs statements that only read, one after the other.
    public func queryAll(_ calls: [SQLCall]) async throws -> [[SQLRow]] { try await read { try $0.queryAll(calls) } }
}

/// A statement failed.
public struct SQLError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is, whatever the database.
    public enum Kind: Sendable, Equatable {
        /// A unique key, a foreign key or a check refused the row.
        case constraint
        /// A value is none that the database takes: too long for an index, or with a character that it has no room for.
        case value
        /// Somebody else held the database for too long: try again.
        case busy
        /// A statement ran for longer than it may and was ended: because of others, or because it has too much to do.
        case timeout
        /// The disk is full or failed.
        case storage
        /// The file is damaged or is no database.
        case corrupt
        /// The statement or its use is wrong.
        case misuse
        /// The connection was lost or closed, and nothing was written.
        case unavailable
        /// The connection was lost during a commit: whether the transaction was written must be read from the database.
        case unknownOutcome
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// The database's own code.
    public let code: Int
    /// The database's own words.
    ///
    /// They may name columns, never values.
    public let message: String
    /// The statement, without its values.
    public let statement: String?

    /// A failure as the database reported it.
    public init(kind: Kind, code: Int, message: String, statement: String? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        self.statement = statement
    }

    /// Whether the same call may succeed later, without a risk of doing its work twice.
    public var isRetriable: Bool { kind == .busy || kind == .timeout || kind == .unavailable }

    /// What failed and where.
    public var description: String {
        let place = statement.map { " in \"\($0)\"" } ?? ""
        return "the database failed: \(message) (code \(code))\(place)"
    }
}
