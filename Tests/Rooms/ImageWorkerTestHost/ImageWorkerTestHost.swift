// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Imaging

/// The program of a picture worker, for tests of the pool.
@main
struct ImageWorkerTestHost {
    static func main() {
        exit(ImageWorker.serve())
    }
}
