// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Something that is over once and for all, and that `poll` can wait for beside a socket.
final class StopFlag: Sendable {
    /// Readable once the flag is raised; -1 when the system had no descriptor left, and then waits are not cut short.
    let descriptor: Int32
    private let raising: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        _ = unsafe pipe(&ends)
        (descriptor, raising) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(descriptor)
        close(raising)
    }

    /// Ends what waits, now and later; a second time does nothing.
    func raise() {
        if isRaised { return }
        var byte: UInt8 = 1
        _ = unsafe write(raising, &byte, 1)
    }

    /// Whether it was raised.
    var isRaised: Bool { wait(for: .zero) }

    /// Waits until it is raised, at most this long; whether it was.
    func wait(for limit: Duration) -> Bool {
        var watched = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        return pollReady(&watched, limit) && watched[0].revents != 0
    }
}

/// Waits until one of the descriptors is ready; false when `limit` has passed.
func pollReady(_ watched: inout [pollfd], _ limit: Duration?) -> Bool {
    let deadline = limit.map { ContinuousClock.now + $0 }
    while true {
        let left = deadline.map { max(.zero, $0 - .now) }
        let count = unsafe poll(&watched, nfds_t(watched.count), left.map { Int32($0.roundedUpMilliseconds) } ?? -1)
        if count > 0 { return true }
        if count == 0 || errno != EINTR { return false }
    }
}

extension Duration {
    /// Whole milliseconds, so that a short rest does not become none; at most a day.
    var roundedUpMilliseconds: Int64 {
        let whole = min(self, .seconds(86_400)).components
        return whole.seconds * 1_000 + (whole.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    /// Whole seconds, rounded up.
    var roundedUpSeconds: Int64 { (roundedUpMilliseconds + 999) / 1_000 }
}
