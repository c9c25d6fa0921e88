// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// One workload and how much of it.
struct Command: Decodable {
    enum Workload: String, Decodable {
        /// Orchestrations of three steps, or of the name `orchestration`, by so many `clients`, each of which starts
        /// its next when the last has ended, for so many `seconds`.
        case steps
        /// `count` orchestrations of three steps, each on an idle system.
        case alone
        /// Orchestrations of `width` steps at once, one after the other, for so many `seconds`.
        case fanOut = "fan_out"
        /// `count` orchestrations that the closed gate holds up after their first step.
        case strand
        /// Waits until the `count` stranded orchestrations have ended.
        case finish
        /// `count` finished orchestrations, and `waiting` ones that wait for a timer.
        case fill
        /// Looks at everything in the store.
        case audit
    }

    var run: Workload
    var orchestration: String?
    var count: Int?
    var waiting: Int?
    var clients: Int?
    var width: Int?
    var seconds: Double?
}

/// What was measured; times are in seconds.
struct Answer: Encodable {
    /// How many orchestrations ended.
    var count: Int?
    var seconds: Double?
    /// From the start of each to its end.
    var latencies: [Double]?
    /// From the start of each to the start of its first step.
    var firstSteps: [Double]?
    /// Orchestrations per second in each tenth of the filling.
    var rates: [Double]?
    /// How many orchestrations have not ended as they must.
    var lost: Int?
    /// How many orchestrations ended more than once, or heard an answer more than once.
    var doubled: Int?

    enum CodingKeys: String, CodingKey {
        case count
        case seconds
        case latencies
        case firstSteps = "first_steps"
        case rates
        case lost
        case doubled
    }
}
