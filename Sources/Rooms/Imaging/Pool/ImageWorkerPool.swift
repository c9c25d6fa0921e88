// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Glibc
import Synchronization
public import Telemetry

/// Picture workers: processes that decode pictures, so that a picture that crashes, hangs or swells its
/// decoder harms nobody but itself.
///
/// The processes start at once, one for each core, and are replaced when they end and after a number of
/// pictures. Every picture has a limit of time on the clock, of processor time, of memory and of size.
public final class ImageWorkerPool: ImageProcessor {
    /// The pool at one moment.
    public struct Statistics: Sendable, Equatable {
        /// Pictures that wait for a worker.
        public var waiting: Int
        /// The workers' process ids.
        public var processes: [Int32]
        /// How many workers were started so far, replacements included.
        public var started: Int
    }

    private let board: WorkerBoard
    private let lastID = Atomic<UInt64>(0)

    /// Starts the workers; they are ready some 50 milliseconds later, pictures wait until then.
    public init(_ configuration: ImageWorkerConfiguration = ImageWorkerConfiguration(), log: Log = .silent) {
        precondition(configuration.workers > 0 && configuration.maxWaiting > 0, "a pool has a worker and a place")
        let board = WorkerBoard(lanes: configuration.workers, maxWaiting: configuration.maxWaiting)
        self.board = board
        for index in 0..<configuration.workers {
            let lane = WorkerLane(index: index, configuration: configuration, log: log, board: board)
            pthread_detach(startThread { lane.run() })
        }
    }

    deinit { board.close() }

    /// The pool at this moment.
    public var statistics: Statistics { board.statistics }

    /// Waits for the end of the surrounding task, then closes the pool.
    public func run() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        await close()
    }

    /// Refuses new pictures, gives up the waiting ones, finishes the running ones and ends the workers.
    ///
    /// Cancel the callers to give up the running ones, too.
    public func close() async {
        board.close()
        await board.closed()
    }

    /// Measures the picture and writes its renditions, from one decode, in a worker process.
    ///
    /// - Throws: ``ImageRejection`` when the picture is at fault, ``ImagingFailure`` when something else is,
    ///   `CancellationError` when the caller was cancelled: the worker is then ended.
    public func process(_ job: ImageJob) async throws -> ImageResult {
        try check(job)
        return try await submit(
            WorkerRequest(plans: job.renditions.map(\.plan), limits: job.limits, sha256: job.sha256), job.source,
            job.renditions.map(\.output))
    }

    /// Measures the picture by its header, in a worker process.
    ///
    /// - Throws: As ``process(_:)``.
    public func inspect(_ source: ImageSource, limits: ImagingLimits = ImagingLimits()) async throws -> ImageFacts {
        try check(ImageJob(source: source, limits: limits))
        return try await submit(WorkerRequest(plans: nil, limits: limits), source, []).facts
    }

    private func check(_ job: ImageJob) throws {
        do {
            try job.limits.validate()
            for rendition in job.renditions { try rendition.plan.validate() }
        } catch {
            throw ImagingFailure(.invalidJob, "\(error)")
        }
        guard job.renditions.count <= ImageJob.maxRenditions else {
            throw ImagingFailure(
                .invalidJob, "A job has \(ImageJob.maxRenditions) renditions at most, not \(job.renditions.count).")
        }
    }

    private func submit(
        _ request: WorkerRequest, _ source: ImageSource, _ outputs: [ImageOutput]
    ) async throws -> ImageResult {
        let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<ImageResult, any Error>) in
                board.submit(
                    WorkerJob(request: request, source: source, outputs: outputs) { continuation.resume(with: $0) },
                    id: id)
                // A cancellation before this found nothing to cancel.
                if Task.isCancelled { board.cancel(id) }
            }
        } onCancel: {
            board.cancel(id)
        }
    }
}
