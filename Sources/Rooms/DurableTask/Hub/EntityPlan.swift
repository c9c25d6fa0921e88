// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What an entity does about the messages in its inbox: which operations run, which locks change hands.
///
/// While the entity is locked, only its holder is heard; everybody else's messages stay where they are.
package struct EntityPlan: Sendable, Equatable {
    /// The operations to run, in order, and whether their callers wait for an answer.
    package private(set) var operations: [Request] = []
    /// The messages that are dealt with.
    package private(set) var messages: [Int64] = []
    /// The lock request that is met.
    package private(set) var lockRequest: EntityLockRequest?
    /// Who holds the lock then.
    package private(set) var lock: EntityLock?
    /// Whether messages were passed over that may be heard once the plan is carried out.
    package var mustLookAgain: Bool { isPassingOver && lock == nil || isFull }

    /// An operation that somebody asks for.
    package struct Request: Sendable, Equatable {
        /// What is asked for.
        package var operation: EntityOperation
        /// Whether the caller waits for an answer.
        package var isCall: Bool
    }

    private var isPassingOver = false
    private var isFull = false

    /// How many operations one plan has at the most.
    private static let limit = 100

    init(_ lock: EntityLock?, _ inbox: [StoredMessage]) {
        self.lock = lock
        for message in inbox {
            guard operations.count < Self.limit else {
                isFull = true
                return
            }
            hear(message)
        }
    }

    private mutating func passOver() { isPassingOver = true }

    private func admits(_ operation: EntityOperation) -> Bool {
        lock == nil || lock?.holder == operation.parentInstanceID
    }

    private mutating func hear(_ message: StoredMessage) {
        switch message.event.kind {
        case .entityOperationSignaled(let operation):
            guard admits(operation) else {
                isPassingOver = true
                return
            }
            operations.append(Request(operation: operation, isCall: false))
        case .entityOperationCalled(let operation):
            guard admits(operation) else {
                isPassingOver = true
                return
            }
            operations.append(Request(operation: operation, isCall: true))
        case .entityLockRequested(let request):
            guard lock == nil else {
                isPassingOver = true
                return
            }
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
    }
}
