// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// How trace contexts are kept in histories.
struct TraceTextTests {
    private let context = TraceContext(
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01", tracestate: "vendor=1")

    private func kept(_ kind: HistoryEvent.Kind) throws -> [HistoryEvent.Kind] {
        try HistoryText.decode(HistoryText.encode([HistoryEvent(at: Script.epoch, kind)])).map(\.kind)
    }

    @Test func contextsSurviveTheirText() throws {
        var start = ExecutionStarted(name: "n", input: "1", instanceID: "i", executionID: "e")
        start.traceContext = context
        #expect(context != nil)
        #expect(try kept(.executionStarted(start)) == [.executionStarted(start)])
        var child = SubOrchestrationCall(instanceID: "c", name: "n", input: nil)
        child.traceContext = context
        #expect(try kept(.subOrchestrationCreated(child)) == [.subOrchestrationCreated(child)])
        var operation = EntityOperation(requestID: "r", operation: "o", input: nil, target: "@e@k")
        operation.traceContext = context
        #expect(try kept(.entityOperationCalled(operation)) == [.entityOperationCalled(operation)])
        var call = TaskCall(name: "n", input: nil, tags: ["colour": "red"])
        call.traceContext = context
        let kinds = try kept(.taskScheduled(call))
        #expect(kinds == [.taskScheduled(call)])
        #expect(call.traceContext == context)
    }

    @Test func whatIsStoredGoesOnBeingRead() throws {
        let trace = #""traceContext":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01""#
        let rest = #","tracestate":"vendor=1"}}}"#
        let events = [
            #"{"at":1,"executionStarted":{"name":"n","instanceID":"i","executionID":"e","#,
            #"{"at":1,"id":0,"subOrchestrationCreated":{"instanceID":"c","name":"n","#,
        ].map { $0 + trace + rest }
        let kinds = try HistoryText.decode("[\(events.joined(separator: ","))]").map(\.kind)
        guard case .executionStarted(let start) = kinds[0], case .subOrchestrationCreated(let child) = kinds[1] else {
            Issue.record("\(kinds)")
            return
        }
        #expect(start.traceContext == context && child.traceContext == context && context != nil)
    }

    @Test func theContextOfACallLeavesItsTagsAlone() {
        var call = TaskCall(name: "n", input: nil, tags: ["colour": "red"])
        call.priority = 3
        let tags = call.tags
        call.traceContext = context
        #expect(call.plainTags == tags)
        call.traceContext = nil
        #expect(call.tags == tags)
        var bare = TaskCall(name: "n", input: nil)
        bare.traceContext = context
        #expect(bare.plainTags == nil)
        bare.traceContext = nil
        #expect(bare.tags == nil)
    }

    @Test func aTagThatIsNoContextIsNone() {
        let call = TaskCall(name: "n", input: nil, tags: ["traceparent": "<script>"])
        #expect(call.traceContext == nil)
    }
}
