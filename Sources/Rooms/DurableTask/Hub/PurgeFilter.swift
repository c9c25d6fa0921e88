// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import FoundationEssentials

/// Which ended instances to delete.
public struct PurgeFilter: Sendable, Equatable {
    /// Those that ended before; nil for any time.
    public var endedBefore: Date?
    /// Those that were started then or later.
    public var createdFrom: Date?
    /// Those that were started then or earlier.
    public var createdTo: Date?
    /// Those in one of these states; states that are no end match nothing.
    public var statuses: Set<RuntimeStatus>
    /// Whether the descendants that have ended go with them, whenever and however they ended.
    public var isRecursive = false

    /// A filter with its parts; by default all that have ended.
    public init(endedBefore: Date? = nil, statuses: Set<RuntimeStatus> = [.completed, .failed, .terminated, .canceled])
    {
        self.endedBefore = endedBefore
        self.statuses = statuses.filter(\.isFinal)
    }
}

/// What becomes of an event for an instance that does not exist.
public enum MissingInstance: Sendable, Equatable {
    /// The event is refused as `notFound`.
    case refuse
    /// The event waits for an instance of this id to be started.
    case keep
}
