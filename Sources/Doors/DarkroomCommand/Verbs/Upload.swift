// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import Darkroom

/// `darkroom upload`.
struct Upload: Verb {
    static let name = "upload"
    static let summary = "send pictures and folders into a container"
    static let help = """
        Sends files into a container of a blob service. What is there already, byte for byte, is left out, and an upload
        of a large file that broke off goes on where it was: run the same command again.

        Usage: darkroom upload PATH... [options]

          PATH               files, or folders that are searched for files
          --container NAME   where they go; default images-input
          --prefix TEXT      put before each name, such as 2026/spring/
          --user NAME        who uploads; kept with the pictures and in their records
          --parallel N       how many files at once; default 4
          --connect STRING   a storage connection string, also one with a SAS; default: the variable
                             AZURE_STORAGE_CONNECTION_STRING, the server of --data, the development account
          --data FOLDER      the server's data folder; default ./darkroom-data
          --quiet            no progress bar
          --json             print JSON

        Examples:
          darkroom upload holiday/*.jpg
          darkroom upload holiday --prefix holiday/ --user anna
          darkroom upload a.jpg --connect "BlobEndpoint=https://…;SharedAccessSignature=sv=…"

        \(ExitStatus.help)
        """

    private let batch: UploadBatch
    private let paths: [String]
    private let json: Bool
    private let quiet: Bool

    init(_ arguments: inout Arguments) throws {
        json = arguments.flag("--json")
        quiet = arguments.flag("--quiet", "-q")
        let container = try arguments.value("--container") ?? "images-input"
        let prefix = try arguments.value("--prefix") ?? ""
        let user = try arguments.value("--user")
        let parallel = try arguments.number("--parallel", default: 4, in: 1...64)
        let connection = try storageConnection(&arguments)
        paths = try arguments.finish()
        if paths.isEmpty { throw CommandFailure.usage("name at least one file or folder") }
        do {
            batch = try UploadBatch(
                client: BlobClient(connection), container: ContainerName(container), prefix: prefix, user: user,
                parallel: parallel)
        } catch let error as StorageError {
            throw CommandFailure.usage("\(error)")
        }
    }

    func run() async throws -> ExitStatus {
        let files = try LocalFile.find(in: paths)
        if files.isEmpty { throw CommandFailure(.notFound, "there are no files in \(paths.joined(separator: ", "))") }
        let bar = ProgressBar(total: files.count, bytes: files.reduce(0) { $0 + $1.size }, quiet: quiet)
        let outcomes = try await batch.send(files, progress: bar)
        bar.finish()
        print(json ? try encodeJSON(outcomes) : summary(outcomes))
        if outcomes.contains(where: { $0.status == .unreachable }) { return .unavailable }
        return outcomes.contains { $0.status == .failed } ? .failed : .done
    }

    private func summary(_ outcomes: [UploadBatch.Outcome]) -> String {
        let sent = outcomes.filter { $0.status == .uploaded }
        let bytes = sent.reduce(0) { $0 + $1.bytes }
        var lines = ["\(sent.count) of \(outcomes.count) files sent, \(formatBytes(bytes))"]
        let kept = outcomes.count { $0.status == .unchanged }
        if kept > 0 { lines[0] += ", \(kept) there already" }
        lines += outcomes.compactMap { outcome in outcome.reason.map { "✗ \(outcome.name): \($0)" } }
        return lines.joined(separator: "\n")
    }
}
