// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The changes that an orchestrator asked about, each with the answer that counts for the whole run.
struct Patches {
    private var answers: [String: Bool] = [:]
    private var new: [String] = []

    /// The run entered the code behind this change in the past.
    mutating func remember(_ change: String) { answers[change] = true }

    /// Whether the run enters the code behind this change.
    ///
    /// - Parameter isNew: Whether the code runs for the first time, so that an unknown change may be entered.
    mutating func contains(_ change: String, isNew: Bool) -> Bool {
        if let answer = answers[change] { return answer }
        answers[change] = isNew
        if isNew { new.append(change) }
        return isNew
    }

    /// What history is to remember.
    mutating func takeNew() -> [String] {
        defer { new = [] }
        return new
    }
}
