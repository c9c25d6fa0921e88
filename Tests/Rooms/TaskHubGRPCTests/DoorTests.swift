// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Protobuf
import Sockets
import Testing

@testable import TaskHubGRPC

/// Who gets in, and with what.
@Suite(.timeLimit(.minutes(2)))
struct DoorTests {
    @Test(arguments: ["user@example.com", "@k", "@@k", "", "i", "@a\0@k"])
    func whatIsNoEntityIsNotAskedForAnything(id: String) async throws {
        try await withServedHub { served in
            let worker = try RawWorker(served)
            try await served.start("user@example.com")
            await expect(.invalidArgument) {
                try await worker.call("SignalEntity", Wire.SignalEntityRequest(instanceID: id, name: "o"))
            }
            await expect(.invalidArgument) {
                let _: Wire.GetEntityResponse = try await worker.ask(
                    "GetEntity", Wire.GetEntityRequest(instanceID: id))
            }
        }
    }

    @Test(arguments: ["a\0b", String(repeating: "x", count: 1_025)])
    func idsAndNamesThatNoStoreKeepsAreRefused(text: String) async throws {
        try await withServedHub(.sqlite) { served in
            let worker = try RawWorker(served)
            try await served.start("a")
            let requests: [(String, any ProtobufMessage & Sendable)] = [
                ("StartInstance", Wire.CreateInstanceRequest(instanceID: text, name: "n")),
                ("StartInstance", Wire.CreateInstanceRequest(name: text)),
                ("StartInstance", Wire.CreateInstanceRequest(name: "n", version: text)),
                ("GetInstance", Wire.GetInstanceRequest(instanceID: text)),
                ("WaitForInstanceStart", Wire.GetInstanceRequest(instanceID: text)),
                ("WaitForInstanceCompletion", Wire.GetInstanceRequest(instanceID: text)),
                ("RaiseEvent", Wire.RaiseEventRequest(instanceID: text, name: "n")),
                ("RaiseEvent", Wire.RaiseEventRequest(instanceID: "a", name: text)),
                ("TerminateInstance", Wire.TerminateRequest(instanceID: text)),
                ("SuspendInstance", Wire.SuspendRequest(instanceID: text)),
                ("ResumeInstance", Wire.ResumeRequest(instanceID: text)),
                ("RewindInstance", Wire.RewindInstanceRequest(instanceID: text)),
                ("RestartInstance", Wire.RestartInstanceRequest(instanceID: text)),
                ("PurgeInstances", Wire.PurgeInstancesRequest(kind: .instanceID(text))),
                ("QueryInstances", Wire.QueryInstancesRequest(query: .init(instanceIDPrefix: text))),
                ("SignalEntity", Wire.SignalEntityRequest(instanceID: "@e@\(text)", name: "o")),
                ("QueryEntities", Wire.QueryEntitiesRequest(query: .init(instanceIDStartsWith: text))),
            ]
            for (call, request) in requests {
                await expect(.invalidArgument) { try await worker.send(call, request) }
            }
        }
    }

    @Test func aFilterHasAnEnd() async throws {
        try await withServedHub { served in
            var filters = Wire.WorkItemFilters()
            filters.activities = (0..<20_000).map { .init(name: "a\($0)") }
            let worker = try RawWorker(served)
            await expect(.invalidArgument) {
                try await worker.receive(Wire.GetWorkItemsRequest(workItemFilters: filters))
            }
        }
    }

    // MARK: Who gets in

    private func admits(_ access: TaskHubAccess, from address: String, _ metadata: GRPCMetadata = [:]) async -> Bool {
        do {
            try await access.admit(GRPCCallContext(path: "/", metadata: metadata, remoteAddress: address))
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.9.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.1", false),
        ("192.168.127.1", false), ("::ffff:10.0.0.1", false), ("2001:db8::1", false), ("", false),
        ("127.0.0.1.example.com", false),
    ])
    func aHubIsOpenToItsOwnMachineAlone(address: String, isAdmitted: Bool) async {
        #expect(await admits(TaskHubServiceConfiguration().access, from: address) == isAdmitted)
    }

    @Test(arguments: [
        (nil, false), ("Bearer secret", true), ("Bearer secre", false), ("Bearer Secret", false), ("secret", false),
        ("Bearer secret ", false),
    ])
    func aTokenLetsItsHolderIn(shown: String?, isAdmitted: Bool) async {
        let metadata: GRPCMetadata = shown.map { ["authorization": $0] } ?? [:]
        #expect(await admits(.bearer("secret"), from: "10.0.0.1", metadata) == isAdmitted)
    }

    @Test func everyCallShowsTheToken() async throws {
        var configuration = TaskHubServiceConfiguration()
        configuration.access = .bearer("secret")
        try await withServedHub(.memory, configuration) { served in
            let stranger = try RawWorker(served)
            await expect(.unauthenticated) { try await stranger.call("Hello", Wire.Empty()) }
            await expect(.unauthenticated) { try await stranger.receive(Wire.GetWorkItemsRequest()) }
            let tokens: AccessTokenProvider = { AccessToken("secret", expiresAt: Date(timeIntervalSinceNow: 3_600)) }
            let friend = try GRPCTaskHub(served.configuration, tokens: tokens, loops: served.loops)
            #expect(try await friend.start(StartRequest(id: "a", name: "n")) == .created)
        }
    }

    @Test(arguments: [
        ("http://hub.example.com:4001", false), ("https://hub.example.com", true), ("http://[::1]:5", true),
    ])
    func aTokenIsNotSentInTheClear(endpoint: String, isAccepted: Bool) throws {
        let tokens: AccessTokenProvider = { AccessToken("secret", expiresAt: Date(timeIntervalSinceNow: 3_600)) }
        let configuration = GRPCTaskHubConfiguration(try HubAddress(endpoint: endpoint), backend: .darkroom)
        func make() throws { _ = try GRPCTaskHub(configuration, tokens: tokens, loops: try EventLoops(count: 1)) }
        if isAccepted {
            try make()
        } else {
            #expect(throws: InsecureHubAddress(host: "hub.example.com")) { try make() }
        }
    }
}
