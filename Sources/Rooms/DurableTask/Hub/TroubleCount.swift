// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How often something failed in a row, by its id.
///
/// What has not failed for long is forgotten: nobody says when it ended otherwise.
struct TroubleCount {
    /// How many are remembered at least; twice as many at the most.
    private static let limit = 1_024

    private var recent: [String: Int] = [:]
    private var older: [String: Int] = [:]

    /// How many are remembered.
    var count: Int { recent.count + older.count }

    /// It failed again.
    ///
    /// - Returns: how often now.
    mutating func note(_ id: String) -> Int {
        let former = older.removeValue(forKey: id)
        let count = (recent[id] ?? former ?? 0) + 1
        recent[id] = count
        if recent.count > Self.limit { (older, recent) = (recent, [:]) }
        return count
    }

    /// It did not fail.
    mutating func forget(_ id: String) {
        recent[id] = nil
        older[id] = nil
    }
}
