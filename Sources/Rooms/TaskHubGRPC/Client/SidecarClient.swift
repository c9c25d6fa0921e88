// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import GRPC
import Protobuf
import Sockets
import Telemetry

/// Makes the calls of the protocol, with the metadata that the hub wants.
final class SidecarClient: Sendable {
    private let configuration: GRPCTaskHubConfiguration
    private let tokens: AccessTokenCache?
    private let log: Log
    private let loops: EventLoops
    private let channel: Lock<GRPCChannel>
    /// Tells the workers of a hub apart.
    private let workerID: String

    init(
        _ configuration: GRPCTaskHubConfiguration, tokens: AccessTokenProvider?, log: Log, loops: EventLoops
    ) throws {
        let address = configuration.address
        guard tokens == nil || address.usesTLS || TaskHubAccess.isLoopback(address.host) else {
            throw InsecureHubAddress(host: address.host)
        }
        self.configuration = configuration
        self.tokens = tokens.map { AccessTokenCache($0) }
        self.log = log
        self.loops = loops
        channel = Lock(try Self.channel(configuration, log, loops))
        let process = ProcessInfo.processInfo
        workerID = "\(process.hostName),\(process.processIdentifier),\(UUID().uuidString.lowercased())"
    }

    /// Makes a call.
    ///
    /// - Throws: ``GRPCStatus``; `CancellationError`.
    func call<Reply: ProtobufMessage>(
        _ name: String, _ request: some ProtobufMessage, as type: Reply.Type = Reply.self, within time: Duration
    ) async throws -> Reply {
        let options = GRPCCallOptions(timeout: time, metadata: try await metadata())
        return try await current.unary(Wire.path(name), request, as: type, options: options)
    }

    /// Makes a call that is answered by a stream, as long as `body` reads it.
    ///
    /// - Throws: ``GRPCStatus``; what `body` throws.
    func stream<Reply: ProtobufMessage>(
        _ name: String, _ request: some ProtobufMessage, as type: Reply.Type = Reply.self,
        _ body: (AsyncThrowingMapSequence<GRPCMessages, Reply>) async throws -> Void
    ) async throws {
        let options = GRPCCallOptions(metadata: try await metadata())
        try await current.streaming(Wire.path(name), request, as: type, options: options, body)
    }

    /// Drops the connection; the next call makes a new one.
    func reconnect() throws {
        let fresh = try Self.channel(configuration, log, loops)
        let old = channel.withLock { channel in
            defer { channel = fresh }
            return channel
        }
        old.close()
    }

    func close() { current.close() }

    private var current: GRPCChannel { channel.withLock { $0 } }

    private static func channel(
        _ configuration: GRPCTaskHubConfiguration, _ log: Log, _ loops: EventLoops
    ) throws -> GRPCChannel {
        let address = configuration.address
        var options = GRPCChannelConfiguration(
            host: address.host, port: address.port, trust: address.usesTLS ? configuration.trust : nil)
        options.limits.messageBytes = configuration.messageBytes
        return try GRPCChannel(options, log: log, loops: loops)
    }

    private func metadata() async throws -> GRPCMetadata {
        var metadata: GRPCMetadata = ["x-user-agent": Wire.userAgent, "workerid": workerID]
        if let hub = configuration.address.taskHub { metadata.add("taskhub", hub) }
        if let tokens {
            do {
                metadata.add("authorization", "Bearer \(try await tokens.current().text)")
            } catch {
                throw GRPCStatus(.unauthenticated, "no token for the task hub: \(error)")
            }
        }
        return metadata
    }
}
