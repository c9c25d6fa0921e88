// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Darkroom
import FoundationEssentials

/// The storage that a verb talks to: `--connect`, the usual variable, the server of the data folder, or the
/// development account on this machine, whichever comes first.
func storageConnection(_ arguments: inout Arguments) throws -> ConnectionString {
    let named = try arguments.value("--connect")
    let folder = try dataFolder(&arguments)
    let text =
        named ?? ProcessInfo.processInfo.environment["AZURE_STORAGE_CONNECTION_STRING"]
        ?? ServerNote.read(from: folder)?.connectionString ?? "UseDevelopmentStorage=true"
    do {
        return try ConnectionString(text)
    } catch {
        throw CommandFailure.usage("\(error)")
    }
}
