// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// When to ask a silent peer whether it is still there, and when to believe that it is not.
struct KeepAlive {
    /// What to do now.
    enum Action: Equatable {
        case nothing
        case ping
        case giveUp
    }

    private let interval: Int64
    private let timeout: Int64
    private var lastSign: Int64
    private var pingedAt: Int64?

    /// - Parameters:
    ///   - interval: Milliseconds without a sign until a ping.
    ///   - timeout: Milliseconds from a ping to giving up.
    ///   - now: The time in milliseconds.
    init(interval: Int64, timeout: Int64, now: Int64) {
        self.interval = interval
        self.timeout = timeout
        lastSign = now
    }

    /// The peer last sent something at `time`.
    mutating func noteSign(at time: Int64) {
        lastSign = max(lastSign, time)
        if let pingedAt, time >= pingedAt { self.pingedAt = nil }
    }

    /// When to ``check(at:)`` next.
    var due: Int64 { pingedAt.map { $0 + timeout } ?? lastSign + interval }

    mutating func check(at now: Int64) -> Action {
        guard now >= due else { return .nothing }
        if pingedAt != nil { return .giveUp }
        pingedAt = now
        return .ping
    }

    /// Waits for another interval, since nobody needs the peer now.
    mutating func rest(at now: Int64) {
        pingedAt = nil
        lastSign = now
    }
}
