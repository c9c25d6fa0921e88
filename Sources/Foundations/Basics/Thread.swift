// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// Starts an operating-system thread that runs `body` once.
///
/// Join it, or let the process outlive it.
public func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(ThreadBody(run: body)).toOpaque()
    let status = unsafe pthread_create(&thread, nil, { unsafe threadMain($0) }, box)
    precondition(status == 0, "the system refused a thread (error \(status)); raise the process limit")
    return thread
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
