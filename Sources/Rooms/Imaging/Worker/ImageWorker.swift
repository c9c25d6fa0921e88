// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CVipsShim
import CWorkerProcess
import Glibc

/// The program of a worker process: it decodes pictures for the server that started it, one at a time.
public enum ImageWorker {
    /// The hidden verb that a program answers by calling ``serve()``.
    public static let verb = "image-worker"

    /// The version of libvips in use.
    public static var libraryVersion: String { unsafe String(cString: cvips_version()) }

    /// Where a worker finds its socket.
    static let socket: Int32 = 3
    /// Its socket, /dev/null three times, and the files of one job.
    private static let maxDescriptors: UInt64 = 64
    /// More than any rendition within the limits of pixels.
    private static let maxFileBytes: UInt64 = 1 << 30

    /// Serves the socket at descriptor 3 until the server closes it, and returns the exit status.
    ///
    /// The process becomes a worker for good: it dies with its server, ignores the terminal's signals, and
    /// can open no file and no connection from here on.
    public static func serve() -> Int32 {
        let channel = WorkerChannel(socket: socket)
        do {
            guard let settings = try channel.receive(WorkerSettings.self)?.message else { return 0 }
            try prepare(settings)
            try channel.send(WorkerReply.ready)
            while let (request, descriptors) = try channel.receive(
                WorkerRequest.self, descriptors: ImageJob.maxRenditions + 1)
            {
                let reply = answer(request, descriptors)
                for descriptor in descriptors { close(descriptor) }
                try channel.send(reply)
            }
            return 0
        } catch {
            return 1
        }
    }

    private static func prepare(_ settings: WorkerSettings) throws {
        if cworker_die_with_parent(settings.server) != 0 { throw SystemError("prctl") }
        // Before the limits and the filter: it loads modules from files.
        try Vips.start()
        if cworker_limit(settings.memoryBytes, maxFileBytes, maxDescriptors) != 0 { throw SystemError("setrlimit") }
        if settings.isConfined, cworker_confine() != 0 { throw SystemError("seccomp") }
    }

    private static func answer(_ request: WorkerRequest, _ descriptors: [Int32]) -> WorkerReply {
        do {
            if cworker_grant_cpu(UInt64(request.limits.cpuSeconds)) != 0 { throw SystemError("setrlimit") }
            return .done(try PictureWork(request: request, descriptors: descriptors).run())
        } catch let rejection as ImageRejection {
            return .rejected(rejection)
        } catch let failure as ImagingFailure {
            return .failed(failure)
        } catch {
            return .failed(ImagingFailure(.workerUnavailable, "The worker failed: \(error)"))
        }
    }
}
