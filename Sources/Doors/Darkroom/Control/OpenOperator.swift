// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import ImageStores
import StorageServer
import TaskHubSQL

/// Lends an operator for a data folder: the server that runs there answers, or the databases do while none runs.
///
/// - Throws: ``OperatorError`` `notFound` when no server ever used the folder; `FolderInUse` when a server is
///   starting or stopping there; what `body` throws.
public func withOperator<Value>(
    of folder: DataFolder, _ body: (any Operator) async throws -> Value
) async throws -> Value {
    if let note = ServerNote.read(from: folder) { return try await body(RemoteOperator(note)) }
    guard folder.isInitialised else {
        throw OperatorError(.notFound, "there is no data in \(folder.path); name the folder of the server with --data")
    }
    let lock = try folder.lock()
    defer { lock.release() }
    let databases = try Databases(in: folder)
    defer { databases.close() }
    let local = LocalOperator(
        records: try await SQLImageRecordStore(preparing: databases.records),
        hub: try await EmbeddedTaskHub.sqlite(databases.tasks))
    return try await body(local)
}
