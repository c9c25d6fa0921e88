// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import GRPC
import Peers
import Testing

@testable import TaskHubGRPC

/// Lists that are longer than one message.
@Suite(.timeLimit(.minutes(5)))
struct PagingTests {
    private static let text = "\"\(String(repeating: "x", count: 40 << 10))\""

    /// Starts instances with inputs of 40 KiB, and gives entities a state as large.
    private func fill(_ served: ServedHub, instances: Int, entities: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<instances {
                group.addTask {
                    _ = try await served.hub.start(StartRequest(id: "i\(number)", name: "idle", input: Self.text))
                }
            }
            for number in 0..<entities {
                group.addTask {
                    let operation = EntityOperation(
                        requestID: "r\(number)", operation: "set", input: nil, target: "@e@\(number)")
                    try await served.hub.signal(operation)
                    let item = try #require(try await served.hub.nextEntity(.all, Intake()))
                    try await served.hub.complete(
                        item, with: EntityTurn(results: [.success(nil)], state: Self.text))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: HubKind.allCases)
    func thePythonLibraryListsMoreThanAMessageHolds(kind: HubKind) async throws {
        try await withServedHub(kind) { served in
            try await fill(served, instances: 150, entities: 150)
            let output = try await PythonProgram.run(
                "task_hub_lists.py", ["\(served.port)", "150", "150"], in: served.folder)
            #expect(output.status == 0, "\(output.text)")
        }
    }

    @Test func aPageHasAsMuchAsAMessageHoldsWhateverIsAskedFor() async throws {
        try await withServedHub { served in
            try await fill(served, instances: 120, entities: 0)
            let worker = try RawWorker(served)
            var query = Wire.InstanceQuery(maxInstanceCount: .max, fetchInputsAndOutputs: true)
            var ids: [String] = []
            var pages = 0
            repeat {
                let page: Wire.QueryInstancesResponse = try await worker.ask(
                    "QueryInstances", Wire.QueryInstancesRequest(query: query))
                #expect(!page.orchestrationState.isEmpty)
                ids += page.orchestrationState.map(\.instanceID)
                query.continuationToken = page.continuationToken
                pages += 1
            } while query.continuationToken != nil
            #expect(ids.count == 120 && Set(ids).count == 120)
            #expect((3...4).contains(pages), "\(pages)")
        }
    }

    @Test func aPageHasNoMoreRowsThanWasAskedFor() async throws {
        try await withServedHub { served in
            try await fill(served, instances: 5, entities: 0)
            let worker = try RawWorker(served)
            let query = Wire.InstanceQuery(maxInstanceCount: 2)
            let page: Wire.QueryInstancesResponse = try await worker.ask(
                "QueryInstances", Wire.QueryInstancesRequest(query: query))
            #expect(page.orchestrationState.count == 2 && page.continuationToken != nil)
        }
    }

    @Test func aStateThatIsNotKnownIsNotAnyState() async throws {
        try await withServedHub { served in
            try await fill(served, instances: 1, entities: 0)
            let worker = try RawWorker(served)
            await expect(.invalidArgument) {
                let _: Wire.QueryInstancesResponse = try await worker.ask(
                    "QueryInstances", Wire.QueryInstancesRequest(query: Wire.InstanceQuery(runtimeStatus: [77])))
            }
            await expect(.invalidArgument) {
                let _: Wire.ListInstanceIdsResponse = try await worker.ask(
                    "ListInstanceIds", Wire.ListInstanceIdsRequest(runtimeStatus: [77]))
            }
            await expect(.invalidArgument) {
                let _: Wire.QueryEntitiesResponse = try await worker.ask(
                    "QueryEntities", Wire.QueryEntitiesRequest(query: Wire.EntityQuery(continuationToken: "x")))
            }
        }
    }

    @Test(arguments: HubKind.allCases)
    func aFilterPurgesChildrenAndStopsWhenItsTimeIsOver(kind: HubKind) async throws {
        try await withServedHub(kind) { served in
            let worker = try RawWorker(served)
            try await served.start("parent", name: "main")
            let child = Wire.CreateSubOrchestration(instanceID: "child", name: "leaf")
            try await worker.complete(try await worker.next(), [.init(id: 0, kind: .createSubOrchestration(child))])
            for _ in 0..<2 { try await worker.complete(try await worker.next(), [.end]) }
            for number in 0..<4 {
                try await served.start("\(number)", name: "leaf")
                try await worker.complete(try await worker.next(), [.end])
            }
            // The newest comes first; a time of nothing is enough for one.
            var filter = Wire.PurgeInstanceFilter(timeout: .zero)
            let first = try await worker.purge(filter)
            #expect(first.deletedInstanceCount == 1 && first.isComplete == false)
            filter.timeout = .seconds(60)
            let rest = try await worker.purge(filter, recursive: true)
            #expect(rest.deletedInstanceCount == 5 && rest.isComplete == true)
            #expect(try await served.hub.status(of: "child") == nil)
        }
    }
}

extension RawWorker {
    fileprivate func purge(
        _ filter: Wire.PurgeInstanceFilter, recursive: Bool = false
    ) async throws -> Wire.PurgeInstancesResponse {
        try await ask(
            "PurgeInstances", Wire.PurgeInstancesRequest(recursive: recursive, kind: .purgeInstanceFilter(filter)))
    }
}
