// Darkroom
// SPDX-License-Identifier: Apache-2.0

import GRPC

/// What to do when the stream of work ends.
struct StreamHealth: Sendable {
    /// There was no sign of life for too long.
    struct Silence: Error, CustomStringConvertible {
        let description = "the hub was silent for too long"
    }

    /// How a stream ended.
    enum Ending {
        case closed(hadMessages: Bool)
        case failed(any Error, hadMessages: Bool)
    }

    /// What comes next.
    struct Step {
        var wait: Duration
        var makesNewChannel: Bool
        /// What to tell about it; nil where nothing is wrong.
        var reason: String?
    }

    /// After so many failures of the connection in a row a new one is made.
    static let failuresOfOneChannel = 5

    private var backOff: BackOff
    private var channelFailures = 0

    init(waits: ClosedRange<Duration>) { backOff = BackOff(base: waits.lowerBound, cap: waits.upperBound) }

    mutating func next(after ending: Ending) -> Step {
        switch ending {
        case .closed(hadMessages: true):
            // A server that is replaced says goodbye like this.
            forget()
            return Step(wait: .zero, makesNewChannel: false, reason: nil)
        case .closed(hadMessages: false):
            return failure(ofChannel: true, "the hub closed it before it sent anything")
        case .failed(let error, let hadMessages):
            if hadMessages { forget() }
            return failure(ofChannel: Self.isOfChannel(error), "\(error)")
        }
    }

    private mutating func forget() {
        backOff.reset()
        channelFailures = 0
    }

    private mutating func failure(ofChannel isOfChannel: Bool, _ reason: String) -> Step {
        if isOfChannel { channelFailures += 1 }
        let isWornOut = channelFailures >= Self.failuresOfOneChannel
        if isWornOut { channelFailures = 0 }
        return Step(wait: backOff.next(), makesNewChannel: isWornOut, reason: reason)
    }

    /// Whether the connection may be to blame, and not what is asked of the hub.
    private static func isOfChannel(_ error: any Error) -> Bool {
        guard let status = error as? GRPCStatus else { return true }
        return status.code == .unavailable || status.code == .deadlineExceeded
    }
}
