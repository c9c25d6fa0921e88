// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A number that is unique to the calling thread while it lives; never 0.
///
/// `pthread_self()` will not do: glibc declares it `const`, so the optimiser may carry its value across an `await`.
public func currentThreadToken() -> UInt {
    unsafe UInt(bitPattern: clinux_thread_token())
}
