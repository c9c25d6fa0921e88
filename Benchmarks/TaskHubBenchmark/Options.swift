// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Postgres
import SQLite
import TaskHubSQL

/// The command line.
struct Options {
    /// The command line is wrong.
    struct Misuse: Error, CustomStringConvertible {
        let description: String
    }

    var store = Store.memory
    var isGateOpen = true
    /// Whether the process runs what it and others start, or only starts and waits.
    var isWorker = true

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Misuse(description: "\(name) needs a value") }
            switch name {
            case "--store": store = try Store(value)
            case "--gate": isGateOpen = value != "closed"
            case "--role": isWorker = value != "client"
            default: throw Misuse(description: "there is no option \(name)")
            }
        }
    }

    /// Where the hub keeps its state.
    enum Store {
        case memory
        case sqlite(path: String)
        case postgres(uri: String)

        /// - Parameter text: A kind, and after a colon the place: `sqlite:PATH`, `postgres:URI`.
        init(_ text: String) throws {
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            switch (parts.first, parts.last) {
            case ("memory", _): self = .memory
            case ("sqlite", let path?) where parts.count == 2: self = .sqlite(path: path)
            case ("postgres", let uri?) where parts.count == 2: self = .postgres(uri: uri)
            default: throw Misuse(description: "\"\(text)\" is no store: take memory, sqlite:PATH or postgres:URI")
            }
        }

        func open() async throws -> EmbeddedTaskHub {
            switch self {
            case .memory: try await .inMemory()
            case .sqlite(let path): try await .sqlite(try SQLiteDatabase(path: path))
            case .postgres(let uri): try await .postgres(try PostgresDatabase(uri))
            }
        }
    }
}
