// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A schedule makes no sense.
public struct InvalidSchedule: Error, Sendable, Equatable, CustomStringConvertible, TaskFailureConvertible {
    /// What is wrong with it.
    public let description: String

    init(_ description: String) { self.description = description }

    /// A failure that another attempt would meet again.
    public var taskFailure: TaskFailure {
        TaskFailure(type: "InvalidSchedule", message: description, isRetriable: false)
    }
}
