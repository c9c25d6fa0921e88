// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage

/// Sends local files into one container, several at a time.
struct UploadBatch {
    /// What became of one file.
    struct Outcome: Encodable {
        enum Status: String, Encodable {
            case uploaded, unchanged, failed, unreachable
        }

        let name: String
        let status: Status
        let bytes: Int64
        var reason: String?
    }

    let client: BlobClient
    let container: ContainerName
    let prefix: String
    let user: String?
    let parallel: Int

    /// Sends all files.
    ///
    /// Outcomes are in the order of the files. A file that fails does not stop the others.
    func send(_ files: [LocalFile], progress: ProgressBar) async throws -> [Outcome] {
        try await files.concurrentMap(atOnce: parallel) { try await send($0, progress) }
    }

    private func send(_ file: LocalFile, _ progress: ProgressBar) async throws -> Outcome {
        do {
            let blob = try BlobName(prefix + file.name)
            if try await isThere(file, as: blob) {
                progress.advance(items: 1, bytes: file.size, label: file.name)
                return Outcome(name: blob.text, status: .unchanged, bytes: file.size)
            }
            try await put(file, as: blob, progress)
            progress.advance(items: 1, label: file.name)
            return Outcome(name: blob.text, status: .uploaded, bytes: file.size)
        } catch let error as CancellationError {
            throw error
        } catch let error as BlobClientError {
            let status: Outcome.Status = error.status == nil ? .unreachable : .failed
            return Outcome(name: file.name, status: status, bytes: file.size, reason: "\(error)")
        } catch {
            return Outcome(name: file.name, status: .failed, bytes: file.size, reason: "\(error)")
        }
    }

    private func put(_ file: LocalFile, as blob: BlobName, _ progress: ProgressBar) async throws {
        var options = BlobUploadOptions()
        options.contentType = mediaType(of: file.name)
        if let user { options.metadata = try BlobMetadata([("user", user)]) }
        let report: BlobClient.Progress = { progress.advance(bytes: $0, label: file.name) }
        do {
            try await client.upload(file.path, to: blob, in: container, options, progress: report)
        } catch let error as BlobClientError where error.code == .containerNotFound {
            _ = try await client.createContainer(container)
            try await client.upload(file.path, to: blob, in: container, options, progress: report)
        }
    }

    /// Whether the same bytes are there; a link that only allows writing cannot tell, so it writes.
    private func isThere(_ file: LocalFile, as blob: BlobName) async throws -> Bool {
        do {
            return try await client.holds(file.path, as: blob, in: container)
        } catch let error as BlobClientError where error.status == 403 || error.code == .containerNotFound {
            return false
        }
    }
}

private func mediaType(of name: String) -> String? {
    let endings = [
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
        "tif": "image/tiff", "tiff": "image/tiff", "heic": "image/heic", "avif": "image/avif",
    ]
    return name.split(separator: ".").last.flatMap { endings[$0.lowercased()] }
}
