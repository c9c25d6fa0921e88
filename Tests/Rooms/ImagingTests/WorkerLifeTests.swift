// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Glibc
import Testing

@testable import Imaging

@Suite(.timeLimit(.minutes(5)), .serialized)
struct WorkerLifeTests {
    private func thumbnail(
        of name: String, in folder: borrowing TemporaryFolder, limits: ImagingLimits = ImagingLimits()
    ) -> ImageJob {
        ImageJob(
            source: .file(fixture(name)), renditions: [.init(.thumbnail, to: .file(folder.file(UUID().uuidString)))],
            limits: limits)
    }

    /// A picture that takes seconds: it is enlarged and written as WebP.
    private func slow(in folder: borrowing TemporaryFolder, limits: ImagingLimits = ImagingLimits()) -> ImageJob {
        var plan = RenditionPlan(name: "slow", width: 7000, format: .webp)
        plan.enlarge = true
        return ImageJob(
            source: .file(fixture("grain.jpg")), renditions: [.init(plan, to: .file(folder.file("slow")))],
            limits: limits)
    }

    @Test func aWorkerKilledInTheMiddleCostsOnePicture() async throws {
        let folder = try TemporaryFolder()
        try await withPool { pool in
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
            let worker = try #require(pool.statistics.processes.first)
            let job = slow(in: folder)
            async let doomed = failure { _ = try await pool.process(job) }
            try await busy(worker)
            kill(worker, SIGKILL)
            let error = await doomed as? ImageRejection
            #expect(error?.reason == .workerCrashed && error?.isRetriable == true)
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
            #expect(pool.statistics.processes.first != worker)
        }
    }

    @Test func aWorkerKilledWhileIdleIsReplaced() async throws {
        let folder = try TemporaryFolder()
        try await withPool { pool in
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
            kill(try #require(pool.statistics.processes.first), SIGKILL)
            try await until { pool.statistics.started == 2 }
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
        }
    }

    @Test func aPictureThatTakesTooLongIsGivenUp() async throws {
        let folder = try TemporaryFolder()
        var limits = ImagingLimits()
        limits.wallSeconds = 1
        limits.maxPixels = 100_000_000
        try await withPool { pool in
            let error = await #expect(throws: ImageRejection.self) {
                try await pool.process(slow(in: folder, limits: limits))
            }
            #expect(error?.reason == .timeout && error?.isRetriable == true)
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
        }
    }

    @Test func aPictureThatTakesTooMuchProcessorTimeIsGivenUp() async throws {
        let folder = try TemporaryFolder()
        var limits = ImagingLimits()
        limits.cpuSeconds = 1
        limits.maxPixels = 100_000_000
        try await withPool { pool in
            let error = await #expect(throws: ImageRejection.self) {
                try await pool.process(slow(in: folder, limits: limits))
            }
            #expect(error?.reason == .timeout)
        }
    }

    @Test(.enabled(if: !isSanitized)) func aPictureThatTakesTooMuchMemoryEndsItsWorkerOnly() async throws {
        let folder = try TemporaryFolder()
        var configuration = ImageWorkerConfiguration.forTests()
        configuration.memoryBytes = 600 << 20
        var limits = ImagingLimits()
        limits.maxPixels = 400_000_000
        var plan = RenditionPlan(name: "vast", width: 16_000)
        plan.enlarge = true
        let vast = ImageJob(
            source: .file(fixture("grain.jpg")), renditions: [.init(plan, to: .file(folder.file("vast")))],
            limits: limits)
        try await withPool(configuration) { pool in
            let error = await #expect(throws: ImageRejection.self) { try await pool.process(vast) }
            #expect(error?.reason == .workerCrashed)
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
        }
    }

    @Test func aCancelledCallerEndsItsPicture() async throws {
        let folder = try TemporaryFolder()
        try await withPool { pool in
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
            let worker = try #require(pool.statistics.processes.first)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let job = slow(in: folder)
                group.addTask { _ = try await pool.process(job) }
                try await busy(worker)
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            #expect(kill(worker, 0) != 0, "nothing writes any more")
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
        }
    }

    @Test func tooManyWaitingPicturesAreRefusedAndWaitingOnesCanBeCancelled() async throws {
        let folder = try TemporaryFolder()
        var configuration = ImageWorkerConfiguration.forTests()
        configuration.maxWaiting = 1
        try await withPool(configuration) { pool in
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
            let worker = try #require(pool.statistics.processes.first)
            let (running, waiting) = (slow(in: folder), thumbnail(of: "grain.jpg", in: folder))
            await withTaskGroup(of: (any Error)?.self) { group in
                group.addTask { await failure { _ = try await pool.process(running) } }
                try? await busy(worker)
                group.addTask { await failure { _ = try await pool.process(waiting) } }
                try? await until { pool.statistics.waiting == 1 }
                let refused = await failure { _ = try await pool.process(waiting) }
                #expect((refused as? ImagingFailure)?.code == .busy)
                group.cancelAll()
                for await error in group { #expect(error is CancellationError) }
            }
        }
    }

    @Test func aClosedPoolRefusesAndLeavesNoProcess() async throws {
        let folder = try TemporaryFolder()
        let pool = ImageWorkerPool(.forTests(workers: 2))
        _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
        try await until { pool.statistics.processes.count == 2 }
        let processes = pool.statistics.processes
        await pool.close()
        #expect(processes.allSatisfy { kill($0, 0) != 0 })
        let refused = await failure { [job = thumbnail(of: "grain.jpg", in: folder)] in _ = try await pool.process(job)
        }
        #expect((refused as? ImagingFailure)?.code == .closed)
    }

    @Test func twoHundredPicturesLeaveNothingBehind() async throws {
        let folder = try TemporaryFolder()
        var configuration = ImageWorkerConfiguration.forTests(workers: 2)
        configuration.picturesPerWorker = 10
        try await withPool(configuration) { pool in
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
            try await until { pool.statistics.processes.count == 2 }
            let descriptors = try openDescriptors()
            let names = ["scene.png", "grey.jpg", "animated.gif", "lossless.webp"]
            let jobs = (0..<200).map { thumbnail(of: names[$0 % names.count], in: folder) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for job in jobs { group.addTask { _ = try await pool.process(job) } }
                try await group.waitForAll()
            }
            #expect((21...24).contains(pool.statistics.started), "\(pool.statistics)")
            // Other tests in this process have a few of both.
            #expect(try openDescriptors() <= descriptors + 12)
            #expect(try children().count <= 12)
        }
    }

    @Test(arguments: ["/nonexistent/worker", "/bin/false", "/bin/cat"]) func aProgramThatIsNoWorkerIsReported(
        program: String
    ) async throws {
        let folder = try TemporaryFolder()
        var configuration = ImageWorkerConfiguration.forTests()
        configuration.executable = program
        configuration.startSeconds = 1
        try await withPool(configuration) { pool in
            let error = await failure { [job = thumbnail(of: "grain.jpg", in: folder)] in
                _ = try await pool.process(job)
            }
            #expect((error as? ImagingFailure)?.code == .workerUnavailable)
        }
    }

    @Test func missingFilesAreNotThePicturesFault() async throws {
        let folder = try TemporaryFolder()
        try await withPool { pool in
            let unreadable = await failure { _ = try await pool.inspect(.file("/nonexistent/picture")) }
            #expect((unreadable as? ImagingFailure)?.code == .sourceUnreadable)
            let job = ImageJob(
                source: .file(fixture("grain.jpg")), renditions: [.init(.thumbnail, to: .file("/nonexistent/out"))])
            let unwritable = await failure { _ = try await pool.process(job) }
            #expect((unwritable as? ImagingFailure)?.code == .outputUnwritable)
            var invalid = thumbnail(of: "grain.jpg", in: folder)
            invalid.renditions[0].plan.quality = 0
            let refused = await failure { [invalid] in _ = try await pool.process(invalid) }
            #expect((refused as? ImagingFailure)?.code == .invalidJob)
        }
    }

    @Test func aWorkerDiesWithItsServerInTheMiddleOfAPicture() async throws {
        let folder = try TemporaryFolder()
        let program = ImageWorkerConfiguration.forTests().executable
        let server = try spawn([program, fixture("grain.jpg"), folder.file("slow")])
        try await until { ((try? children(of: server)) ?? []).isEmpty == false }
        let worker = try #require(try children(of: server).first)
        try await busy(worker)
        kill(server, SIGKILL)
        var status: Int32 = 0
        #expect(unsafe waitpid(server, &status, 0) == server)
        let killed = ContinuousClock.now
        try await until { !isAlive(worker) }
        #expect(.now - killed < .seconds(1), "it does not finish its picture first")
    }

    @Test func aWorkerHasNothingOfItsServer() async throws {
        let folder = try TemporaryFolder()
        let inherited = try Descriptor(folder.write([1], as: "secret"), writing: true)
        let flags = fcntl(inherited.number, F_GETFD)
        try await withPool { pool in
            #expect(flags == 0, "this descriptor would be inherited")
            _ = try await pool.process(thumbnail(of: "grain.jpg", in: folder))
            let worker = "/proc/\(try #require(pool.statistics.processes.first))"
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: worker + "/fd")
            let targets = try descriptors.sorted().map {
                try FileManager.default.destinationOfSymbolicLink(atPath: "\(worker)/fd/\($0)")
            }
            #expect(
                targets.dropLast() == ["/dev/null", "/dev/null", "/dev/null"]
                    && targets.last?.hasPrefix("socket:") == true, "\(targets)")
            let environment = String(decoding: try bytes(of: worker + "/environ"), as: UTF8.self).split(separator: "\0")
            #expect(environment == ["MALLOC_ARENA_MAX=2", "SWIFT_BACKTRACE=enable=no"])
            let status = String(decoding: try bytes(of: worker + "/status"), as: UTF8.self)
            #expect(isSanitized || status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"))
        }
    }
}

/// What a call throws.
private func failure(_ body: @Sendable () async throws -> Void) async -> (any Error)? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}

/// Waits until a worker has taken up a picture: it uses the processor.
private func busy(_ worker: Int32) async throws {
    let before = try ticks(worker)
    try await until { (try? ticks(worker)) ?? before > before + 5 }
}

/// Processor time of a process, in hundredths of a second.
private func ticks(_ process: Int32) throws -> Int {
    let fields = String(decoding: try bytes(of: "/proc/\(process)/stat"), as: UTF8.self).split(separator: " ")
    return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
}

/// A process's children, by whichever thread.
private func children(of process: Int32 = getpid()) throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").flatMap { thread in
        let list = (try? bytes(of: "/proc/\(process)/task/\(thread)/children")) ?? []
        return String(decoding: list, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
}

/// Whether a process runs; one that is dead and waits for its burial does not.
private func isAlive(_ process: Int32) -> Bool {
    let stat = (try? bytes(of: "/proc/\(process)/stat")) ?? []
    let state = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.first { $0 != " " }
    return state != nil && state != "Z" && state != "X"
}

/// Starts a program.
private func spawn(_ arguments: [String]) throws -> Int32 {
    var process: pid_t = 0
    let texts = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe texts.indices { unsafe free(texts[index]) } }
    let status = unsafe posix_spawn(&process, arguments[0], nil, nil, texts, [nil])
    try #require(status == 0)
    return process
}

/// Waits for a condition, looking often.
private func until(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        try await Task.sleep(for: .milliseconds(2))
    }
}
