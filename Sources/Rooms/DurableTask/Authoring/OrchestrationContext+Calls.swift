// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto
import FoundationEssentials

// Activities.
extension OrchestrationContext {
    /// Runs an activity and waits for its result.
    ///
    /// - Parameter retry: When to try again; without a policy the first failure is final.
    /// - Throws: ``TaskFailure`` of the last attempt; `CancellationError` when the waiting task is cancelled, while
    ///   the activity itself may still run and its result is dropped.
    public func call<Work: Activity>(
        _ activity: Work.Type, _ input: Work.Input, retry: RetryPolicy? = nil
    ) async throws -> Work.Output {
        try await call(activity, input, options: ActivityOptions(retry: retry))
    }

    /// Runs an activity with a version, tags, a place in the line, or limits of time.
    ///
    /// - Throws: as ``call(_:_:retry:)``.
    public func call<Work: Activity>(
        _ activity: Work.Type, _ input: Work.Input, options: ActivityOptions
    ) async throws -> Work.Output {
        try await call(activity: Work.name, input, as: Work.Output.self, options: options)
    }

    /// Runs an activity that is known by its name alone.
    ///
    /// - Throws: as ``call(_:_:retry:)``.
    public func call<Output: Decodable>(
        activity name: String, _ input: some Encodable, as output: Output.Type, retry: RetryPolicy? = nil
    ) async throws -> Output {
        try await call(activity: name, input, as: output, options: ActivityOptions(retry: retry))
    }

    /// Runs an activity that is known by its name alone, with options.
    ///
    /// - Throws: as ``call(_:_:retry:)``.
    public func call<Output: Decodable>(
        activity name: String, _ input: some Encodable, as output: Output.Type, options: ActivityOptions
    ) async throws -> Output {
        let input = try Payload.encode(input)
        let result = try await attempts(options.retry) { attempt in
            try await core.ask { _ in .scheduleTask(options.call(name, input, attempt)) }
        }
        return try Payload.decode(output, from: result, what: "the output of activity \"\(name)\"")
    }

    /// Asks until an answer is no failure or the policy gives up.
    private func attempts(
        _ retry: RetryPolicy?, _ ask: (CallAttempt) async throws -> Int
    ) async throws -> String? {
        let begin = now
        var attempt = CallAttempt(number: 1)
        while true {
            let id = try await ask(attempt)
            do {
                return try await core.answer(to: id)
            } catch let failure as TaskFailure {
                let elapsed = Duration.milliseconds(now.millisecondsSince1970 - begin.millisecondsSince1970)
                guard let delay = retry?.delay(after: attempt.number, failure: failure, elapsed: elapsed) else {
                    throw failure
                }
                try await sleep(for: delay)
                attempt = CallAttempt(
                    number: attempt.number + 1, firstID: attempt.firstID ?? id, progress: failure.lastProgress)
            }
        }
    }
}

// Other orchestrations.
extension OrchestrationContext {
    /// Runs another orchestration as a child and waits for its result.
    ///
    /// - Parameters:
    ///   - id: The child's instance id; nil for one that no other child ever has.
    ///   - retry: When to try again with a new child; without a policy the first failure is final.
    /// - Throws: ``TaskFailure`` of type `SubOrchestrationFailed` whose cause is the failure of the child;
    ///   `CancellationError` when the waiting task is cancelled, while the child itself runs on.
    public func call<Child: Orchestration>(
        _ orchestration: Child.Type, _ input: Child.Input, id: String? = nil, retry: RetryPolicy? = nil
    ) async throws -> Child.Output {
        try await call(orchestration, input, options: ChildOptions(id: id, retry: retry))
    }

    /// Runs another orchestration as a child, with a version or tags.
    ///
    /// - Throws: as ``call(_:_:id:retry:)``.
    public func call<Child: Orchestration>(
        _ orchestration: Child.Type, _ input: Child.Input, options: ChildOptions
    ) async throws -> Child.Output {
        try await call(orchestration: Child.name, input, as: Child.Output.self, options: options)
    }

    /// Runs an orchestration that is known by its name alone.
    ///
    /// - Throws: as ``call(_:_:id:retry:)``.
    public func call<Output: Decodable>(
        orchestration name: String, _ input: some Encodable, as output: Output.Type,
        options: ChildOptions = ChildOptions()
    ) async throws -> Output {
        let input = try Payload.encode(input)
        let result: String?
        do {
            result = try await attempts(options.retry) { attempt in
                try await core.askForChild { child(name, input, options, $0, attempt) }
            }
        } catch let refusal as ChildRefusal {
            throw refusal.failure
        } catch let failure as TaskFailure {
            throw TaskFailure.ofChild(name, failure)
        }
        return try Payload.decode(output, from: result, what: "the output of orchestration \"\(name)\"")
    }

    private func child(
        _ name: String, _ input: String, _ options: ChildOptions, _ id: Int, _ attempt: CallAttempt
    ) -> SubOrchestrationCall {
        var childID = options.id ?? "\(instanceID):\(core.runMark):\(hexDigits(attempt.firstID ?? id))"
        if attempt.number > 1 { childID += ":\(attempt.number)" }
        return SubOrchestrationCall(
            instanceID: childID, name: name, version: options.version ?? core.childVersion, input: input,
            tags: options.tags.isEmpty ? nil : options.tags)
    }

    /// Four hex digits, more when the number needs them.
    private func hexDigits(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension ExecutionKey {
    /// Tells one run from every other: 12 hex digits of its id's digest.
    static func mark(of executionID: String) -> String { hex(Digest.sha1.of(Array(executionID.utf8)).prefix(6)) }
}

extension ReplayCore {
    /// Tells the children of one run of the instance from those of every other.
    var runMark: String { ExecutionKey.mark(of: executionID) }
}

extension TaskFailure {
    fileprivate static func ofChild(_ name: String, _ failure: TaskFailure) -> TaskFailure {
        TaskFailure(
            type: EngineType.subOrchestrationFailed, message: "orchestration \"\(name)\" failed",
            isRetriable: failure.isRetriable, cause: failure)
    }
}
