// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import Peers
import Sockets
import TaskHubGRPC
import Testing

/// The worker and client of the house, as they are, against hubs elsewhere.
@Suite(.timeLimit(.minutes(5)))
struct HouseWorkerTests {
    /// Which hub a story is told to.
    enum Peer: CaseIterable {
        /// Our own, served in memory.
        case darkroom
        /// The in-memory backend of the PyPI package `durabletask`.
        case python
    }

    @Test(arguments: Peer.allCases)
    func activitiesChildrenAndTimersRun(peer: Peer) async throws {
        try await tell(peer) { try await $0.activitiesChildrenAndTimers() }
    }

    @Test(arguments: Peer.allCases)
    func failuresKeepTheirParts(peer: Peer) async throws {
        try await tell(peer) { try await $0.failuresKeepTheirParts() }
    }

    @Test(arguments: Peer.allCases)
    func eventsArriveAndInstancesHoldStill(peer: Peer) async throws {
        try await tell(peer) { try await $0.eventsAndStatuses() }
    }

    @Test(arguments: Peer.allCases)
    func instancesContinueAsNew(peer: Peer) async throws { try await tell(peer) { try await $0.rounds() } }

    @Test(arguments: Peer.allCases)
    func instancesAreTerminated(peer: Peer) async throws { try await tell(peer) { try await $0.endsFromOutside() } }

    @Test(arguments: Peer.allCases)
    func instancesAreRestartedAndPurged(peer: Peer) async throws { try await tell(peer) { try await $0.secondRuns() } }

    @Test(arguments: Peer.allCases)
    func failedInstancesAreRewound(peer: Peer) async throws { try await tell(peer) { try await $0.secondTries() } }

    @Test(arguments: Peer.allCases)
    func instancesAreListedAndHistoriesRead(peer: Peer) async throws {
        try await tell(peer) { try await $0.listsAndHistories() }
    }

    @Test(arguments: Peer.allCases)
    func entitiesAreCalledSignalledAndLocked(peer: Peer) async throws {
        try await tell(peer) { try await $0.entities() }
    }

    @Test(arguments: Peer.allCases)
    func whatTheHubLacksFailsTheInstanceThatNeedsIt(peer: Peer) async throws {
        try await tell(peer) { stories in
            let status = try await stories.run("patched", Nothing())
            #expect(status.status == .failed)
            #expect(status.failure?.type == "MissingCapability")
            #expect(status.failure?.message.contains("patch markers") == true)
        }
    }

    @Test func whatIsDeclaredNeededIsRefusedAtTheStart() throws {
        var configuration = GRPCTaskHubConfiguration(HubAddress(), backend: .goSidecar)
        configuration.needs = [.entities, .longWaits]
        let error = #expect(throws: MissingCapabilities.self) {
            try GRPCTaskHub(configuration, loops: try EventLoops(count: 1))
        }
        #expect(error?.capabilities == .entities)
    }

    private func tell(_ peer: Peer, _ story: @escaping @Sendable (Stories) async throws -> Void) async throws {
        switch peer {
        case .darkroom:
            try await withServedHub { served in
                try await run(served.configuration, served.loops, story)
            }
        case .python:
            try await PeerProcess.with("task_hub_peer.py", on: .environment) { peer in
                let address = HubAddress(host: "127.0.0.1", port: UInt16(peer.port))
                try await run(
                    GRPCTaskHubConfiguration(address, backend: .pythonInMemory), try EventLoops(count: 1), story)
            }
        }
    }

    private func run(
        _ configuration: GRPCTaskHubConfiguration, _ loops: EventLoops,
        _ story: @escaping @Sendable (Stories) async throws -> Void
    ) async throws {
        let hub = try GRPCTaskHub(configuration, log: loudLog, loops: loops)
        var options = WorkerConfiguration()
        options.drainTime = .seconds(1)
        let worker = TaskHubWorker(hub, registry: Stories.registry, configuration: options, log: loudLog)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            defer { worker.stop() }
            try await story(Stories(hub: hub))
        }
    }
}
