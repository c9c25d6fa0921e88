// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import StorageServer

/// The data folder that `--data` or the settings name.
func dataFolder(_ arguments: inout Arguments) throws -> DataFolder {
    try Settings.load(from: try settingsSources(&arguments)).data
}

/// Asks the server of a data folder, or its databases while no server runs, and gives refusals their exit codes.
func asOperator(of folder: DataFolder, _ body: (any Operator) async throws -> Void) async throws {
    do {
        try await withOperator(of: folder, body)
    } catch let error as OperatorError {
        throw CommandFailure(exitStatus(of: error.code), error.message)
    } catch let error as FolderInUse {
        throw CommandFailure(.unavailable, error.description)
    }
}

private func exitStatus(of code: OperatorError.Code) -> ExitStatus {
    switch code {
    case .notFound: .notFound
    case .invalid: .usage
    case .refused: .failed
    case .unavailable: .unavailable
    }
}
