// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Imaging

/// For tests of the pool: the program of a picture worker, or a server that has one.
@main
struct ImageWorkerTestHost {
    static func main() async throws {
        if CommandLine.arguments.contains(ImageWorker.verb) { exit(ImageWorker.serve()) }
        try await serve(source: CommandLine.arguments[1], output: CommandLine.arguments[2])
    }

    /// Gives a worker of its own a picture that takes seconds, again and again, until it is killed.
    private static func serve(source: String, output: String) async throws {
        var configuration = ImageWorkerConfiguration()
        configuration.workers = 1
        let pool = ImageWorkerPool(configuration)
        var plan = RenditionPlan(name: "slow", width: 7000, format: .webp)
        plan.enlarge = true
        while true {
            _ = try await pool.process(
                ImageJob(source: .file(source), renditions: [.init(plan, to: .file(output))]))
        }
    }
}
