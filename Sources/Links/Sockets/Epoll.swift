// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The kernel's list of descriptors to watch.
@safe
struct Epoll: ~Copyable {
    private let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// - Throws: ``SocketError`` when the system has no descriptors left.
    init() throws {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else {
            throw SocketError(.resources, "no descriptors left for an event loop; raise the limit (ulimit -n)")
        }
        unsafe events = .allocate(capacity: 256)
        unsafe events.initialize(repeating: epoll_event())
    }

    deinit {
        unsafe events.deallocate()
        close(descriptor)
    }

    /// Watches a descriptor; false when the kernel refuses.
    func add(_ watched: Int32, events: UInt32) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = watched
        return unsafe epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0
    }

    /// Stops watching a descriptor.
    func remove(_ watched: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
    }

    /// Waits until something happens or `milliseconds` are over (-1: without end).
    ///
    /// - Returns: How many events to ask ``event(_:)`` for.
    func wait(milliseconds: Int32) -> Int {
        unsafe max(0, Int(epoll_wait(descriptor, events.baseAddress, Int32(events.count), milliseconds)))
    }

    /// One of the events of the last wait.
    func event(_ index: Int) -> (descriptor: Int32, events: UInt32) {
        unsafe (events[index].data.fd, events[index].events)
    }
}
