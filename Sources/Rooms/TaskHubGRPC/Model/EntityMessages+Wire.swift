// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

// The messages between orchestrators and entities, which are also the events that record them.

extension EntityOperation {
    init(_ event: Wire.EntityOperationSignaled) {
        self.init(
            requestID: event.requestID, operation: event.operation, input: event.input,
            target: event.targetInstanceID ?? "")
        scheduledTime = event.scheduledTime
    }

    init(_ event: Wire.EntityOperationCalled) {
        self.init(
            requestID: event.requestID, operation: event.operation, input: event.input,
            target: event.targetInstanceID ?? "")
        scheduledTime = event.scheduledTime
        parentInstanceID = event.parentInstanceID
        parentExecutionID = event.parentExecutionID
    }
}

extension EntityLockRequest {
    init(_ event: Wire.EntityLockRequested) {
        self.init(
            criticalSectionID: event.criticalSectionID, lockSet: event.lockSet, position: Int(max(0, event.position)),
            parentInstanceID: event.parentInstanceID ?? "")
    }
}

extension EntityUnlock {
    init(_ event: Wire.EntityUnlockSent) {
        self.init(
            criticalSectionID: event.criticalSectionID, parentInstanceID: event.parentInstanceID ?? "",
            target: event.targetInstanceID ?? "")
    }
}

extension Wire.EntityOperationSignaled {
    init(_ operation: EntityOperation) {
        self.init(
            requestID: operation.requestID, operation: operation.operation,
            scheduledTime: operation.scheduledTime, input: operation.input, targetInstanceID: operation.target)
    }
}

extension Wire.EntityOperationCalled {
    init(_ operation: EntityOperation) {
        self.init(
            requestID: operation.requestID, operation: operation.operation,
            scheduledTime: operation.scheduledTime, input: operation.input,
            parentInstanceID: operation.parentInstanceID, parentExecutionID: operation.parentExecutionID,
            targetInstanceID: operation.target)
    }
}

extension Wire.EntityLockRequested {
    init(_ request: EntityLockRequest) {
        self.init(
            criticalSectionID: request.criticalSectionID, lockSet: request.lockSet,
            position: Int32(clamping: request.position), parentInstanceID: request.parentInstanceID)
    }
}

extension Wire.EntityUnlockSent {
    init(_ unlock: EntityUnlock) {
        self.init(
            criticalSectionID: unlock.criticalSectionID, parentInstanceID: unlock.parentInstanceID,
            targetInstanceID: unlock.target)
    }
}
