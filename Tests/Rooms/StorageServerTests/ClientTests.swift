// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Foundation
import HTTP
import Peers
import Testing

@testable import StorageServer

/// Clients that nobody here wrote, against a server on a real socket.
@Suite(.timeLimit(.minutes(5)))
struct ClientTests {
    @Test func thePythonClientDoesAllThatIsPromised() async throws {
        try await withLiveServer { fixture, connection in
            let output = try await ClientProcess.python("storage_client.py", connection, in: fixture.folder)
            #expect(output.status == 0, "\(output.text)")
        }
    }

    @Test func theBatchSnippetsOfTheDocumentWorkAsTheyStand() async throws {
        try await withLiveServer { fixture, connection in
            let reports = URL(filePath: fixture.folder).appending(path: "local_folder/reports/2024")
            try FileManager.default.createDirectory(at: reports, withIntermediateDirectories: true)
            for index in 0..<5 {
                try Data(pattern(10_000, seed: index)).write(to: reports.appending(path: "r\(index)"))
            }
            let output = try await ClientProcess.python("seed_batch.py", connection, in: fixture.folder)
            #expect(output.status == 0, "\(output.text)")
            let downloads = URL(filePath: fixture.folder).appending(path: "downloads/reports/2024")
            for index in 0..<5 {
                #expect(
                    try Data(contentsOf: downloads.appending(path: "r\(index)")) == Data(pattern(10_000, seed: index)))
            }
        }
    }

    @Test(arguments: [false, true])
    func rcloneSynchronisesFolders(bySignature: Bool) async throws {
        try await withLiveServer { fixture, connection in
            let source = URL(filePath: fixture.folder).appending(path: "source/sub folder")
            try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
            for index in 0..<4 {
                try Data(pattern(100_000, seed: index)).write(to: source.appending(path: "ü \(index)"))
            }
            try Data(pattern(9 << 20)).write(to: source.appending(path: "large"))
            let rclone = Rclone(connection: connection, bySignature: bySignature, folder: fixture.folder)
            try await rclone(["mkdir", "remote:rclone"])
            try await rclone(["copy", "source", "remote:rclone/a", "--azureblob-chunk-size", "4M"])
            try await rclone(["check", "source", "remote:rclone/a", "--download"])
            #expect(try await rclone(["lsf", "-R", "remote:rclone/a"]).split(separator: "\n").count == 6)
            try await rclone(["copyto", "remote:rclone/a/sub folder/large", "remote:rclone/b/copied"])
            #expect(
                try await rclone(["cat", "--offset", "10", "--count", "5", "remote:rclone/b/copied"]).utf8.count > 0)
            try await rclone(["delete", "remote:rclone/a"])
            #expect(try await rclone(["lsf", "-R", "--files-only", "remote:rclone"]) == "b/copied\n")
            try await rclone(["purge", "remote:rclone"])
        }
    }
}

/// rclone's way of being told about a server: environment variables.
private struct Rclone {
    let connection: ConnectionString
    let bySignature: Bool
    let folder: String

    @discardableResult
    func callAsFunction(_ arguments: [String]) async throws -> String {
        let options = ["--retries", "1", "--low-level-retries", "1", "--config", "/dev/null"]
        let output = try await ClientProcess.run("rclone", arguments + options, environment, in: folder)
        #expect(output.status == 0, "rclone \(arguments): \(output.text)")
        return output.text
    }

    private var environment: [String: String] {
        var values = ["RCLONE_CONFIG_REMOTE_TYPE": "azureblob"]
        if bySignature {
            let terms = SASTerms(
                [.read, .write, .create, .delete, .list], expiry: StorageTime.now() + .seconds(600))
            let query = AccountSAS(terms, resourceTypes: [.service, .container, .object])
                .query(for: account, signedWith: StorageAccount.development.keys[0])
            values["RCLONE_CONFIG_REMOTE_SAS_URL"] = "\(connection.blobEndpoint)?\(query.encoded)"
        } else {
            values["RCLONE_CONFIG_REMOTE_USE_EMULATOR"] = "true"
            values["RCLONE_CONFIG_REMOTE_ENDPOINT"] = connection.blobEndpoint
        }
        return values
    }
}
