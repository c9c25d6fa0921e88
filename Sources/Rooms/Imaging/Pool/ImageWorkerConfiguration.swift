// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How picture workers are started and how many.
public struct ImageWorkerConfiguration: Sendable, Equatable {
    /// The program of a worker.
    ///
    /// It calls ``ImageWorker/serve()`` when started with ``arguments``. By default the running program itself.
    public var executable = "/proc/self/exe"
    /// What the program is told on its command line.
    public var arguments = [ImageWorker.verb]
    /// How many pictures are decoded at once; by default one for each core.
    public var workers = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    /// How many pictures may wait; a further one is refused as ``ImagingFailure/Code/busy``.
    public var maxWaiting = 1000
    /// After how many pictures a worker is replaced, so that nothing a decoder leaks adds up.
    public var picturesPerWorker = 200
    /// The address space of a worker in bytes; nil leaves it free.
    ///
    /// The default takes every format at 50 megapixels.
    public var memoryBytes: Int? = 1536 * 1024 * 1024
    /// Whether workers give up the system calls that decoding does not need (seccomp).
    ///
    /// With it, a decoder that has been taken over can open no file and no connection. Leave it on; it is off for
    /// sanitizers.
    public var isConfined = true
    /// How long a worker may take to start, in seconds.
    public var startSeconds = 20

    /// The defaults.
    public init() {}
}
