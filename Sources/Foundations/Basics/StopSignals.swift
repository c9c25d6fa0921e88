// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// SIGTERM and SIGINT as a stream: one element a signal.
///
/// The handler only writes a byte into a pipe; a thread reads it and goes on in ordinary code.
public struct StopSignals: Sendable {
    /// The signals as they come.
    public let stream: AsyncStream<Int32>

    /// Takes the signals over for the rest of the process, and ignores SIGPIPE, which a closed socket would raise.
    public init() {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        self.stream = stream
        let pipe = clinux_catch_stop_signals()
        precondition(pipe >= 0, "the system has no descriptor left for a pipe")
        _ = startThread {
            while true {
                var number: UInt8 = 0
                if unsafe read(pipe, &number, 1) == 1 { continuation.yield(Int32(number)) }
            }
        }
    }
}
