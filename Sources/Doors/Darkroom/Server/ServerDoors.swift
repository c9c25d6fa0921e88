// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import Crypto
import FoundationEssentials
import Glibc
import HTTPServer
import ImageStores
import Sockets
import StorageServer
import Telemetry

/// Where the outside meets the server: the blob service and the operator's questions, bound to their ports, and the
/// notices that go out.
struct ServerDoors: Sendable {
    let listeners: [HTTPListener]
    let tasks: TaskHubDoor?
    let note: ServerNote
    let announcer: PictureAnnouncer

    init(
        _ settings: Settings, parts: PipelineParts, telemetry: ServerTelemetry, log: Log,
        finished: @escaping @Sendable (ImageRecord) -> Void
    ) throws {
        let loops = try EventLoops()
        let blobs = HTTPListener(
            configuration: HTTPServerConfiguration(
                address: SocketAddress(host: settings.storage.address, port: UInt16(settings.storage.blobPort)),
                certificate: settings.storage.certificate),
            responder: BlobService(store: parts.store, accounts: settings.storage.accounts, log: log), log: log,
            loops: loops)
        let token = hex(randomBytes(32))
        let control = HTTPListener(
            configuration: HTTPServerConfiguration(),
            responder: ControlResponder(LocalOperator(records: parts.records, hub: parts.hub), token: token), log: log,
            loops: loops)
        let metrics = telemetry.listener(log: log, loops: loops)
        listeners = [blobs, control] + [metrics].compactMap(\.self)
        tasks = settings.tasks.port.map { TaskHubDoor(port: $0, hub: parts.hub, log: log, loops: loops) }
        var note = ServerNote(
            settings.storage, blobs: try blobs.bind(), control: try control.bind(), token: token)
        note.taskEndpoint = try tasks?.bind().description
        note.metricsEndpoint = try metrics.map { "http://\(try $0.bind())/metrics" }
        self.note = note
        announcer = try PictureAnnouncer(settings, blobEndpoint: note.blobEndpoint, finished: finished)
    }
}

extension ServerNote {
    fileprivate init(_ storage: StorageSettings, blobs: SocketAddress, control: SocketAddress, token: String) {
        let account = storage.accounts[0]
        let scheme = storage.certificate == nil ? "http" : "https"
        pid = getpid()
        blobEndpoint = "\(scheme)://\(blobs.reachable)/\(account.name)"
        controlEndpoint = "http://\(control)"
        self.token = token
        startedAt = Date.now
        connectionString =
            blobEndpoint == ConnectionString.development.blobEndpoint && account.isOpenToEverybody
            ? "UseDevelopmentStorage=true"
            : ConnectionString(
                account: account.name, credential: .key(account.keys[0]), blobEndpoint: blobEndpoint
            ).text
    }
}

extension SocketAddress {
    /// An address that a client of this machine can use: a server that listens everywhere is on loopback too.
    fileprivate var reachable: String {
        switch host {
        case "0.0.0.0": "127.0.0.1:\(port)"
        case "::": "[::1]:\(port)"
        default: description
        }
    }
}
