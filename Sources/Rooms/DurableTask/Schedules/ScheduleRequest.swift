// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What the orchestration is asked that carries changes to schedules: one operation, whose answer is its output.
///
/// Name and shape are those of the Python SDK, so that its client can change schedules that a Swift worker keeps.
struct ScheduleRequest: Codable, Sendable {
    static let orchestration = "execute_schedule_operation_orchestrator"

    var entity: EntityID
    var operation: String
    var input: JSONText?

    private enum CodingKeys: String, CodingKey {
        case entity = "entity_id"
        case operation = "operation_name"
        case input
    }
}

extension TaskRegistry {
    /// Lets the worker keep schedules: it adds the entity of the kind `schedule`, and the orchestration by which
    /// clients change schedules and hear what came of it.
    public mutating func addSchedules() {
        add(ScheduleState.self)
        addOrchestration(ScheduleRequest.orchestration) { (context, request: ScheduleRequest) in
            try await context.call(
                request.entity, request.operation, request.input ?? JSONText("null"), as: JSONText?.self)
        }
    }
}
