// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Foundation
import Testing

@testable import TaskHubGRPC

struct EpisodeTests {
    private func event(_ kind: HistoryEvent.Kind, id: Int = -1, at seconds: Double = 5) -> Wire.HistoryEvent {
        Wire.HistoryEvent(HistoryEvent(id: id, at: Date(timeIntervalSince1970: seconds), kind))
    }

    private func start(run: String) -> HistoryEvent.Kind {
        .executionStarted(ExecutionStarted(name: "O", input: nil, instanceID: "", executionID: run))
    }

    @Test func aRunHasTheSameNameInEveryEpisode() {
        var request = Wire.OrchestratorRequest(instanceID: "i", executionID: "b")
        request.newEvents = [event(.orchestratorStarted), event(start(run: "a"))]
        #expect(request.runID == "a")
        request.newEvents = [event(.orchestratorStarted), event(start(run: ""))]
        #expect(request.runID == "b")
        request.executionID = nil
        #expect(request.runID == "5000")
        request.pastEvents = request.newEvents
        request.newEvents = [event(.orchestratorStarted, at: 9)]
        #expect(request.runID == "5000")
        #expect(request.name == "O")
    }

    @Test func whatAHubLeavesOutIsFilledIn() throws {
        let request = Wire.OrchestratorRequest(instanceID: "i", newEvents: [event(start(run: ""))])
        let begin = OrchestrationWorkItem(
            instanceID: "i", name: "O", events: request.news(of: "r"), messages: []
        ).beginsExecution
        #expect(begin == ExecutionKey(instanceID: "i", executionID: "r"))
    }

    @Test func aFailedHistoryIsAnsweredWithWhatRemains() throws {
        var request = Wire.OrchestratorRequest(instanceID: "i")
        request.newEvents = [
            event(.orchestratorStarted), event(.executionRewound(Rewinding(reason: "again"))),
        ]
        let failure = TaskFailure(type: "T", message: "m")
        request.pastEvents = [
            event(.orchestratorStarted), event(start(run: "a")),
            event(.taskScheduled(TaskCall(name: "A", input: nil)), id: 0), event(.orchestratorStarted),
            event(.taskFailed(taskID: 0, failure: failure)),
            event(.executionCompleted(Completion(.failed, failure: failure))),
        ]
        guard case .rewindOrchestration(let rewinding)? = request.rewinding?.kind else {
            Issue.record("no rewinding")
            return
        }
        let left = rewinding.newHistory.compactMap(HistoryEvent.init).map(\.kind)
        #expect(!left.contains { if case .taskFailed = $0 { true } else { false } })
        #expect(!left.contains { if case .executionCompleted = $0 { true } else { false } })
        request.pastEvents.removeLast()
        #expect(request.rewinding == nil)
    }

    @Test func otherEnginesDoNotSeeWhatIsToBeAskedForAgain() {
        func event(_ kind: HistoryEvent.Kind, id: Int = -1) -> HistoryEvent {
            HistoryEvent(id: id, at: Date(timeIntervalSince1970: 5), kind)
        }
        let answered = [
            event(.taskScheduled(TaskCall(name: "A", input: nil)), id: 0),
            event(.taskCompleted(taskID: 0, result: "1")),
        ]
        let unanswered = event(.taskScheduled(TaskCall(name: "B", input: nil)), id: 1)
        let rewinding = event(.executionRewound(Rewinding(reason: nil)))
        #expect((answered + [unanswered]).forOtherEngines() == answered + [unanswered])
        #expect((answered + [unanswered, rewinding]).forOtherEngines() == answered + [rewinding])
        let again = answered + [unanswered, rewinding, unanswered]
        #expect(again.forOtherEngines() == answered + [rewinding, unanswered])
    }
}
