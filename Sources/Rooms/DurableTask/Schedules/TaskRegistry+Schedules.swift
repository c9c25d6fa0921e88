// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension TaskRegistry {
    /// Lets the worker keep schedules: it adds the entity of the kind `schedule`.
    public mutating func addSchedules() {
        add(ScheduleState.self)
    }
}
