// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import HTTP
import HTTPServer
import Imaging
import Pipeline
import Sockets

/// One thing that was looked at.
public struct DoctorFinding: Sendable, Encodable {
    /// What was looked at.
    public let subject: String
    /// Whether the server can work with it.
    public let isFine: Bool
    /// What was found, and what to do when it is not fine.
    public let words: String

    init(_ subject: String, isFine: Bool, _ words: String) {
        self.subject = subject
        self.isFine = isFine
        self.words = words
    }
}

/// Looks at everything a server needs, without changing anything.
public func examine(_ sources: SettingsSources) async -> [DoctorFinding] {
    let settings: Settings
    do {
        settings = try Settings.load(from: sources)
    } catch {
        return [DoctorFinding("settings", isFine: false, "\(error)")]
    }
    let pipelines = settings.pipelines.pipelines.map { "\($0.name) takes \($0.source)" }.joined(separator: "; ")
    return [
        DoctorFinding("settings", isFine: true, pipelines), examineFolder(settings.data), examineDisk(settings.data),
        examinePort(settings), await examineWorkers(settings.imaging),
    ]
}

private func examineFolder(_ folder: DataFolder) -> DoctorFinding {
    if let note = ServerNote.read(from: folder) {
        return DoctorFinding("data folder", isFine: true, "\(folder.path) is served by process \(note.pid)")
    }
    if !FileManager.default.fileExists(atPath: folder.path) {
        return DoctorFinding("data folder", isFine: true, "\(folder.path) does not exist yet and will be created")
    }
    guard FileManager.default.isWritableFile(atPath: folder.path) else {
        return DoctorFinding("data folder", isFine: false, "\(folder.path) is not writable; change its owner or rights")
    }
    return DoctorFinding("data folder", isFine: true, "\(folder.path) is there and writable")
}

/// Less than this and uploads will soon fail.
private let leastFreeBytes: Int64 = 1 << 30

private func examineDisk(_ folder: DataFolder) -> DoctorFinding {
    let place = FileManager.default.fileExists(atPath: folder.path) ? folder.path : "."
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: place)
    guard let free = (attributes?[.systemFreeSize] as? any BinaryInteger).map({ Int64($0) }) else {
        return DoctorFinding("disk", isFine: false, "the disk of \(place) does not answer")
    }
    let words = "\(formatBytes(free)) free"
    return free >= leastFreeBytes
        ? DoctorFinding("disk", isFine: true, words)
        : DoctorFinding("disk", isFine: false, "\(words); make room, or choose another folder with --data")
}

private func examinePort(_ settings: Settings) -> DoctorFinding {
    let address = SocketAddress(host: settings.storage.address, port: UInt16(settings.storage.blobPort))
    if ServerNote.read(from: settings.data) != nil {
        return DoctorFinding("blob port", isFine: true, "in use by the server of this data folder")
    }
    do {
        let listener = HTTPListener(
            configuration: HTTPServerConfiguration(address: address), responder: NobodyHome(),
            loops: try EventLoops(count: 1))
        return DoctorFinding("blob port", isFine: true, "\(try listener.bind()) is free")
    } catch {
        return DoctorFinding("blob port", isFine: false, "\(error)")
    }
}

private func examineWorkers(_ settings: ImagingSettings) async -> DoctorFinding {
    var configuration = settings.workerConfiguration
    configuration.workers = 1
    let pool = ImageWorkerPool(configuration)
    let finding: DoctorFinding
    do {
        let result = try await pool.process(ImageJob(source: .bytes(smallestPicture)))
        finding = DoctorFinding(
            "image workers", isFine: true,
            "a worker decodes \(result.facts.format.rawValue) with libvips \(Program.versions.libvips)")
    } catch {
        finding = DoctorFinding("image workers", isFine: false, "a worker cannot decode: \(error)")
    }
    await pool.close()
    return finding
}

/// Never asked: the port is only tried.
private struct NobodyHome: HTTPResponder {
    func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse {
        HTTPResponse(status: 503)
    }
}

/// A PNG of one grey pixel.
private let smallestPicture: [UInt8] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
]
