// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What an entity does about the messages in its inbox: which operations run, which locks change hands.
///
/// While the entity is locked, only its holder is heard; everybody else's messages wait. Where they are many they are
/// moved out of the way, each once, so that the holder's are found whoever else waits.
package struct EntityPlan: Sendable, Equatable {
    /// The operations to run, in order, and whether their callers wait for an answer.
    package private(set) var operations: [Request] = []
    /// The messages that are dealt with.
    package private(set) var messages: [Int64] = []
    /// The messages that are to be moved out of the way.
    private(set) var passedOver: [PassedOver] = []
    /// The lock request that is met.
    package private(set) var lockRequest: EntityLockRequest?
    /// Who holds the lock then.
    package private(set) var lock: EntityLock?
    /// Whether there may be messages that can be heard once the plan is carried out.
    package private(set) var mustLookAgain = false

    /// An operation that somebody asks for.
    package struct Request: Sendable, Equatable {
        /// What is asked for.
        package var operation: EntityOperation
        /// Whether the caller waits for an answer.
        package var isCall: Bool
    }

    /// A message that cannot be heard now.
    struct PassedOver: Sendable, Equatable {
        var sequence: Int64
        /// Who asks for an operation: it is heard when that instance gets the lock, even out of its turn.
        var sender: String
    }

    /// How many messages one plan deals with at the most.
    static let limit = 100
    /// How many messages may be passed over again and again before they are moved: each move is a commit.
    static let patience = 50

    /// Whether there is nothing to carry out.
    var isEmpty: Bool { messages.isEmpty && passedOver.isEmpty }

    /// A plan for messages in their order, of which there may be more when they are ``limit``.
    init(_ lock: EntityLock?, _ inbox: [StoredMessage]) {
        self.lock = lock
        var wasPassing = lock != nil
        for message in inbox {
            let wasLocked = self.lock != nil
            if !hear(message) {
                passedOver.append(PassedOver(sequence: message.sequence, sender: message.event.kind.sender))
                wasPassing = true
            } else if wasLocked, self.lock == nil, wasPassing {
                // What was passed over comes before the rest of the page.
                mustLookAgain = true
                break
            }
        }
        if inbox.count >= Self.limit { mustLookAgain = true }
        // A page that was read without a lock has messages in it that were moved before.
        if lock == nil || self.lock == nil || passedOver.count < Self.patience { passedOver = [] }
    }

    private func admits(_ operation: EntityOperation) -> Bool {
        lock == nil || lock?.holder == operation.parentInstanceID
    }

    /// - Returns: false when the message must wait.
    private mutating func hear(_ message: StoredMessage) -> Bool {
        switch message.event.kind {
        case .entityOperationSignaled(let operation):
            guard admits(operation) else { return false }
            operations.append(Request(operation: operation, isCall: false))
        case .entityOperationCalled(let operation):
            guard admits(operation) else { return false }
            operations.append(Request(operation: operation, isCall: true))
        case .entityLockRequested(let request):
            guard lock == nil else { return false }
            lock = EntityLock(holder: request.parentInstanceID, section: request.criticalSectionID)
            lockRequest = request
        case .entityUnlockSent(let unlock):
            if lock == EntityLock(holder: unlock.parentInstanceID, section: unlock.criticalSectionID) {
                lock = nil
                lockRequest = nil
            }
        default: break
        }
        messages.append(message.sequence)
        return true
    }
}

extension HistoryEvent.Kind {
    /// Who asks for an operation; empty when nobody does that could hold a lock.
    fileprivate var sender: String {
        switch self {
        case .entityOperationSignaled(let operation), .entityOperationCalled(let operation):
            operation.parentInstanceID ?? ""
        default: ""
        }
    }
}
