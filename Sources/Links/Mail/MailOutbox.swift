// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc

/// A folder of mails, one `.eml` file each, which mail programs open.
///
/// A file is complete or not there. A mail sent again is the same file.
public final class MailOutbox: MailTransport {
    private let folder: String
    private let pool = BlockingPool(name: "outbox", threads: 1)

    /// An outbox in an existing folder.
    public init(folder: String) { self.folder = folder }

    deinit { pool.close() }

    /// Writes the mail's file and returns once it is on the disk.
    public func send(_ message: MailMessage) async throws {
        let bytes = message.bytes
        let folder = folder
        let name = message.id.unique
        try await pool.run { try writeDurably(bytes, named: "\(name).eml", in: folder) }
    }

    /// Where the file of a mail is, or will be.
    public func path(of id: MailID) -> String { "\(folder)/\(id.unique).eml" }
}

/// Writes a file beside its place, syncs it, moves it there, and syncs the folder, so that a crash leaves all or
/// nothing.
private func writeDurably(_ bytes: [UInt8], named name: String, in folder: String) throws {
    let temporary = "\(folder)/.\(name).part"
    // The mail holds addresses: it is the owner's to read.
    let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw storageError("create", temporary) }
    do {
        defer { close(file) }
        try write(bytes, to: file, path: temporary)
        guard fsync(file) == 0 else { throw storageError("sync", temporary) }
    }
    guard unsafe rename(temporary, "\(folder)/\(name)") == 0 else { throw storageError("rename", temporary) }
    let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw storageError("open", folder) }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw storageError("sync", folder) }
}

private func write(_ bytes: [UInt8], to file: Int32, path: String) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw storageError("write", path) }
        rest = rest.dropFirst(count)
    }
}

private func storageError(_ action: String, _ path: String) -> MailError {
    let reason = unsafe String(cString: strerror(errno))
    return MailError(.storage, "cannot \(action) \(path): \(reason)")
}
