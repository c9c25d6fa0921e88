// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import Peers
import Telemetry
import Testing

/// The worker and client of the PyPI package `durabletask`, as they are, against our hubs.
@Suite(.timeLimit(.minutes(5)))
struct PythonSDKTests {
    @Test(arguments: HubKind.allCases)
    func thePythonLibraryWorksAgainstAHubOfOurs(kind: HubKind) async throws {
        try await withServedHub(kind) { served in
            let output = try await PythonProgram.run("task_hub_client.py", ["\(served.port)"], in: served.folder)
            #expect(output.status == 0, "\(output.text)")
        }
    }

    @Test func aTraceGoesThroughAPythonWorker() async throws {
        try await withServedHub(.sqlite) { served in
            let worker = try worker(of: served)
            defer { worker.kill() }
            let caller = TraceContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3))
            var request = StartRequest(id: "i", name: "errand", input: "5")
            request.traceContext = caller
            _ = try await served.hub.start(request)
            #expect(try await served.hub.waitForCompletion(of: "i").status == .completed)
            let calls = try await served.hub.history(of: "i").compactMap(\.call)
            // Without OpenTelemetry the worker has no span of its own to hand on.
            #expect(calls.map(\.traceContext) == [caller])
        }
    }

    @Test(arguments: [("errand", "activity"), ("thought", "episode")])
    func workOfAKilledWorkerIsHandedOutAgain(name: String, noted: String) async throws {
        try await withServedHub(.sqlite) { served in
            let folder = URL(filePath: served.folder)
            try Data().write(to: folder.appending(path: "hold"))
            let first = try worker(of: served)
            defer { first.kill() }
            _ = try await served.hub.start(StartRequest(id: "i", name: name, input: "5"))
            try await eventually { notes(noted, in: folder).count == 1 }
            first.kill()
            try FileManager.default.removeItem(at: folder.appending(path: "hold"))
            let second = try worker(of: served)
            defer { second.kill() }
            let status = try await served.hub.waitForCompletion(of: "i")
            let seen = notes(noted, in: folder)
            #expect(status.status == .completed, "\(status)")
            #expect(Set(seen).count == 2, "\(seen)")
            #expect(status.output == (name == "errand" ? "[\(seen[1]), 5]" : seen[1]))
        }
    }

    @Test func operationsOfAKilledWorkerChangeTheStateOnce() async throws {
        try await withServedHub(.sqlite) { served in
            let folder = URL(filePath: served.folder)
            try Data().write(to: folder.appending(path: "hold"))
            let first = try worker(of: served)
            defer { first.kill() }
            try await served.hub.signal(
                EntityOperation(requestID: "r", operation: "add", input: "7", target: "@keeper@a"))
            try await eventually { notes("operation", in: folder).count == 1 }
            first.kill()
            try FileManager.default.removeItem(at: folder.appending(path: "hold"))
            let second = try worker(of: served)
            defer { second.kill() }
            try await eventually { try await served.hub.entity("@keeper@a", includesState: true)?.state == "7" }
            #expect(notes("operation", in: folder).count == 2)
        }
    }

    @Test func aWorkerThatIsKilledUnderLoadLosesNothing() async throws {
        try await withServedHub(.sqlite) { served in
            let folder = URL(filePath: served.folder)
            let first = try worker(of: served)
            defer { first.kill() }
            for number in 0..<60 {
                _ = try await served.hub.start(StartRequest(id: "\(number)", name: "errand", input: "\(number)"))
            }
            try await eventually { notes("activity", in: folder).count >= 15 }
            first.kill()
            let second = try worker(of: served)
            defer { second.kill() }
            for number in 0..<60 {
                let status = try await served.hub.waitForCompletion(of: "\(number)")
                #expect(status.output?.hasSuffix(", \(number)]") == true, "\(status)")
            }
            #expect(Set(notes("activity", in: folder)).count == 2)
        }
    }

    private func worker(of served: ServedHub) throws -> PythonProgram {
        try PythonProgram.start("task_hub_worker.py", ["\(served.port)", served.folder], in: served.folder)
    }

    private func notes(_ name: String, in folder: URL) -> [String] {
        let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init)
    }
}

extension HistoryEvent {
    /// The call of an activity that the event records.
    fileprivate var call: TaskCall? {
        if case .taskScheduled(let call) = kind { call } else { nil }
    }
}
