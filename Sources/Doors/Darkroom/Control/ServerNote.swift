// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials
import Glibc

/// What a running server leaves in its data folder, so that the other verbs find it.
///
/// Only the folder's owner can read it, for the token in it is what lets a program operate the server.
public struct ServerNote: Codable, Sendable {
    /// The server's process.
    public var pid: Int32
    /// The blob service of the first account.
    public var blobEndpoint: String
    /// What Azure's tools take to connect.
    public var connectionString: String
    /// Where the operator's questions go.
    public var controlEndpoint: String
    /// Where workers and clients of other programs reach the task hub, as `host:port`; nil when they do not.
    public var taskEndpoint: String?
    /// Where metrics are read; nil when they are not.
    public var metricsEndpoint: String?
    /// What proves that the asker may read the data folder.
    public var token: String
    /// Since when it serves.
    public var startedAt: Date

    /// Writes the note whole, for the owner only.
    ///
    /// - Throws: ``SettingsError`` when the folder cannot be written to.
    func write(to path: String) throws {
        let draft = "\(path).new"
        let files = FileManager.default
        guard
            files.createFile(
                atPath: draft, contents: try JSONEncoder.ofThisProgram(.prettyPrinted).encode(self),
                attributes: [.posixPermissions: 0o600])
        else { throw SettingsError("\(draft) cannot be written; check the folder's owner and rights") }
        // Moved into place, so that nobody reads half a note.
        try? files.removeItem(atPath: path)
        try files.moveItem(atPath: draft, toPath: path)
    }

    /// The note of a server that is alive; nil when none is.
    public static func read(from folder: DataFolder) -> ServerNote? {
        guard let text = FileManager.default.contents(atPath: folder.serverNote),
            let note = try? JSONDecoder.ofThisProgram().decode(ServerNote.self, from: text),
            kill(note.pid, 0) == 0
        else { return nil }
        return note
    }
}
