// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CWorkerProcess
import Glibc
import Telemetry

/// One picture on its way to a worker.
struct WorkerJob: Sendable {
    let request: WorkerRequest
    let source: ImageSource
    let outputs: [ImageOutput]
    /// Takes the answer, exactly once.
    let finish: @Sendable (Result<ImageResult, any Error>) -> Void
}

/// The thread that keeps one worker process running and gives it pictures.
struct WorkerLane: Sendable {
    let index: Int
    let configuration: ImageWorkerConfiguration
    let log: Log
    let board: WorkerBoard

    /// Works until the pool is closed.
    func run() {
        var worker: WorkerProcess?
        var failures = 0
        while true {
            if worker == nil { worker = start(&failures) }
            guard let current = worker else {
                if !board.isClosed { continue }
                break
            }
            switch board.next(lane: index) {
            case .stop: return end(current)
            case .wait: if !idle(current) { worker = nil }
            case .run(let ticket):
                perform(ticket.job, current)
                if !isKept(current) { worker = nil }
            }
        }
        board.ended(lane: index)
    }

    private func end(_ worker: WorkerProcess) {
        _ = worker.stop()
        board.ended(lane: index)
    }

    /// A new worker; after a failure one waiting picture is told, so that none waits for ever, and a pause
    /// keeps a broken installation from spinning.
    private func start(_ failures: inout Int) -> WorkerProcess? {
        do {
            let worker = try WorkerProcess(configuration)
            board.started(lane: index, pid: worker.pid)
            failures = 0
            return worker
        } catch {
            log(.error, "no picture worker starts", ["error": "\(error)"])
            board.takeFirst()?.job.finish(.failure(error))
            let pause = Duration.milliseconds(100 << min(failures, 6))
            failures += 1
            _ = wait(for: board.wakes[index], socket: -1, until: .now + pause)
            board.wakes[index].clear()
            return nil
        }
    }

    /// Waits for work; false when the worker ended meanwhile.
    private func idle(_ worker: WorkerProcess) -> Bool {
        let event = wait(for: board.wakes[index], socket: worker.socket, until: nil)
        board.wakes[index].clear()
        guard event.isReadable else { return true }
        log(.warning, "an idle picture worker ended", ["pid": "\(worker.pid)", "end": "\(worker.stop())"])
        return false
    }

    private func isKept(_ worker: WorkerProcess) -> Bool {
        guard worker.isRunning, worker.pictures >= configuration.picturesPerWorker else { return worker.isRunning }
        _ = worker.stop()
        return false
    }

    private func perform(_ job: WorkerJob, _ worker: WorkerProcess) {
        let answer: Result<ImageResult, any Error>
        do {
            let files = try OpenFiles(job)
            let outcome = worker.ask(job.request, files.descriptors, wake: board.wakes[index]) {
                board.isCancelled(lane: index)
            }
            answer = Result { try result(of: outcome, job.request.limits) }
        } catch {
            answer = .failure(error)
        }
        board.finish(lane: index)
        job.finish(answer)
    }

    private func result(of outcome: WorkerProcess.Outcome, _ limits: ImagingLimits) throws -> ImageResult {
        switch outcome {
        case .reply(.done(let result)): return result
        case .reply(.rejected(let rejection)): throw rejection
        case .reply(.failed(let failure)): throw failure
        case .reply(.ready): throw ImageRejection(.workerCrashed, "The worker lost its thread; try again.")
        case .interrupted: throw CancellationError()
        case .timedOut:
            throw ImageRejection(.timeout, "The picture was not finished after \(limits.wallSeconds) seconds.")
        case .died(let status) where status.signal == SIGXCPU:
            throw ImageRejection(
                .timeout, "The picture was not finished after \(limits.cpuSeconds) seconds of processor time.")
        case .died(let status):
            log(.warning, "a picture worker ended in the middle of a picture", ["end": "\(status)"])
            throw ImageRejection(
                .workerCrashed, "Its worker ended with \(status), by a fault or for want of memory.")
        }
    }
}

/// The files of one job, open as long as it runs.
private final class OpenFiles {
    /// The source, then the outputs.
    private(set) var descriptors: [Int32] = []
    private var owned: [Int32] = []

    /// - Throws: ``ImagingFailure`` when a file cannot be opened.
    init(_ job: WorkerJob) throws {
        switch job.source {
        case .descriptor(let descriptor): descriptors.append(descriptor)
        case .bytes(let bytes):
            let copy = unsafe cworker_memory_file(bytes, bytes.count)
            try add(copy, or: .sourceUnreadable, "There is no room for a copy of the picture")
        case .file(let path):
            let message = "The picture \(path) cannot be opened"
            try add(unsafe open(path, O_RDONLY | O_CLOEXEC), or: .sourceUnreadable, message)
        }
        for output in job.outputs {
            switch output {
            case .descriptor(let descriptor): descriptors.append(descriptor)
            case .file(let path):
                let message = "The rendition \(path) cannot be created"
                try add(
                    unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644), or: .outputUnwritable, message)
            }
        }
    }

    deinit { for descriptor in owned { close(descriptor) } }

    private func add(_ descriptor: Int32, or code: ImagingFailure.Code, _ message: String) throws {
        guard descriptor >= 0 else { throw ImagingFailure(code, "\(message) (\(SystemError("open"))).") }
        descriptors.append(descriptor)
        owned.append(descriptor)
    }
}
