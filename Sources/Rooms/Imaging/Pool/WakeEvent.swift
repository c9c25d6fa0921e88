// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Something a thread waits for together with a socket.
@safe
final class WakeEvent: Sendable {
    /// Readable while the event is set.
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "the system has no descriptors left; raise the limit of open files")
    }

    deinit { close(descriptor) }

    /// Sets the event.
    func set() { eventfd_write(descriptor, 1) }

    /// Clears the event.
    func clear() {
        var count: eventfd_t = 0
        unsafe eventfd_read(descriptor, &count)
    }
}

/// What ended a wait.
struct WaitResult {
    var isWoken = false
    var isReadable = false
    /// Neither happened in time.
    var isTimeout: Bool { !isWoken && !isReadable }
}

/// Waits until the event is set, the socket is readable (or its other side gone), or the time is over.
func wait(for event: WakeEvent, socket: Int32, until deadline: ContinuousClock.Instant?) -> WaitResult {
    // A negative descriptor is passed over by the kernel.
    var entries = [
        pollfd(fd: event.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
    ]
    while true {
        let count = unsafe poll(&entries, nfds_t(entries.count), milliseconds(until: deadline))
        if count < 0, errno == EINTR { continue }
        return WaitResult(isWoken: entries[0].revents != 0, isReadable: entries[1].revents != 0)
    }
}

/// Rounded up, so that a wait never ends just before its time; -1 for ever.
private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let left = (deadline - .now) / .milliseconds(1)
    return Int32(max(0, min(left.rounded(.up), 3_600_000)))
}
