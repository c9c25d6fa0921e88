// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension EventLoop: TaskExecutor {
    /// Takes a job of a task that prefers the loop.
    package func enqueue(_ job: consuming ExecutorJob) { take(UnownedJob(job)) }

    /// Runs a job as this executor's.
    ///
    /// Named so, the runtime knows that the task is where it prefers to be, and calls between its functions do not
    /// queue again.
    func runNow(_ job: UnownedJob) { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
}
