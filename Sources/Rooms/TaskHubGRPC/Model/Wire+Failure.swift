// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

extension Wire.TaskFailureDetails {
    private static let stackTraceKey = "stackTrace"

    init(_ failure: TaskFailure) {
        errorType = failure.type
        // Hubs are known that take a failure without a message for a success.
        errorMessage = failure.message.isEmpty ? failure.type : failure.message
        isNonRetriable = !failure.isRetriable
        innerFailure = failure.cause.map { [Self($0)] } ?? []
        for (key, value) in failure.details {
            if key == Self.stackTraceKey {
                stackTrace = value
            } else {
                properties[key] = Wire.JSONValue(value)
            }
        }
    }

    /// The stack trace becomes one of the details.
    var failure: TaskFailure {
        var details = properties.mapValues(\.text)
        if let stackTrace, !stackTrace.isEmpty { details[Self.stackTraceKey] = stackTrace }
        return TaskFailure(
            type: errorType, message: errorMessage, details: details, isRetriable: !isNonRetriable,
            cause: innerFailure.last?.failure)
    }
}

extension TaskFailure {
    /// What came with a failure, or that nothing did: some hubs report a terminated child so.
    init(_ details: Wire.TaskFailureDetails?) {
        self =
            details?.failure
            ?? TaskFailure(type: "Unknown", message: "it failed or was terminated, and nobody said why")
    }
}

extension Wire.OrchestrationStatus {
    init(_ status: RuntimeStatus) {
        self =
            switch status {
            case .pending: .pending
            case .running: .running
            case .suspended: .suspended
            case .completed: .completed
            case .failed: .failed
            case .terminated: .terminated
            case .canceled: .canceled
            case .continuedAsNew: .continuedAsNew
            }
    }

    var status: RuntimeStatus {
        switch self {
        case .pending: .pending
        case .running: .running
        case .suspended: .suspended
        case .completed: .completed
        case .failed: .failed
        case .terminated: .terminated
        case .canceled: .canceled
        case .continuedAsNew: .continuedAsNew
        }
    }

    /// Numbers of states as they stand in lists; those of a later protocol match nothing here.
    static func statuses(_ numbers: [Int32]) -> Set<RuntimeStatus> {
        Set(numbers.compactMap { Self(rawValue: $0)?.status })
    }

    /// The states that a list is asked for; empty for any.
    ///
    /// - Throws: ``ProtocolError`` when states are named and none of them is known: that is not any.
    static func wanted(_ numbers: [Int32]) throws -> Set<RuntimeStatus> {
        let known = statuses(numbers)
        guard numbers.isEmpty || !known.isEmpty else {
            throw ProtocolError("none of the states \(numbers.prefix(10)) is known here")
        }
        return known
    }

    static func numbers(_ statuses: Set<RuntimeStatus>) -> [Int32] {
        statuses.map { Self($0).rawValue }.sorted()
    }
}
