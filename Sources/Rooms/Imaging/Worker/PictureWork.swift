// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import CWorkerProcess
import Crypto
import Glibc

/// One picture in a worker: read, looked at, rendered, written.
struct PictureWork {
    let request: WorkerRequest
    /// The source, then an output for each plan.
    let descriptors: [Int32]

    /// Does the work and says what it cost.
    ///
    /// - Throws: ``ImageRejection``, ``ImagingFailure``.
    func run() throws -> ImageResult {
        let plans = request.plans ?? []
        guard descriptors.count == plans.count + 1 else {
            throw ImagingFailure(.invalidJob, "The job needs one output for each rendition.")
        }
        let meter = CostMeter()
        _ = Vips.takeWarnings()
        let inspection = try Inspection(
            of: read(descriptors[0]), limits: request.limits, sha256: request.sha256)
        guard request.plans != nil else {
            return ImageResult(facts: inspection.facts, renditions: [], cost: meter.cost)
        }
        var results: [RenditionResult] = []
        let facts = try Renderer(inspection: inspection, plans: plans, limits: request.limits).render {
            index, rendition, file in
            results.append(try write(file, as: rendition, to: descriptors[index + 1]))
        }
        return ImageResult(facts: facts, renditions: results, cost: meter.cost)
    }

    /// The whole source in memory: a map of the file would end the process when somebody cuts the file.
    private func read(_ descriptor: Int32) throws -> [UInt8] {
        let size = Int(cworker_file_size(descriptor))
        guard size >= 0 else { throw unreadable() }
        try request.limits.check(bytes: size)
        return try unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                let got = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(count))
                if got < 0 { throw unreadable() }
                if got == 0 { return }
                count += got
            }
        }
    }

    private func write(
        _ file: EncodedFile, as rendition: RenditionResult, to descriptor: Int32
    ) throws -> RenditionResult {
        try unsafe file.withBytes { bytes in
            var done = 0
            while done < bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
                let put = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(done))
                if put <= 0 { throw unwritable(rendition.name) }
                done += put
            }
            if ftruncate(descriptor, off_t(done)) != 0 { throw unwritable(rendition.name) }
            var result = rendition
            result.sizeBytes = bytes.count
            result.sha256 = unsafe digest(.sha256, bytes)
            result.md5 = unsafe digest(.md5, bytes)
            return result
        }
    }

    private func digest(_ kind: Digest, _ bytes: UnsafeRawBufferPointer) -> String {
        var hasher = Digest.Hasher(kind)
        unsafe hasher.update(bytes)
        return hex(hasher.finalize())
    }

    private func unreadable() -> ImagingFailure {
        ImagingFailure(.sourceUnreadable, "The picture cannot be read (\(SystemError("read"))).")
    }

    private func unwritable(_ name: String) -> ImagingFailure {
        ImagingFailure(
            .outputUnwritable, "Rendition \(name) cannot be written (\(SystemError("write"))); is the disk full?")
    }
}

/// Measures what one picture takes of this process.
private struct CostMeter {
    private let start = CostMeter.usage()
    private let began = ContinuousClock.now

    var cost: ImageCost {
        let now = Self.usage()
        var cost = ImageCost()
        cost.cpuMilliseconds = Double(now.cpu - start.cpu) / 1000
        cost.wallMilliseconds = (ContinuousClock.now - began) / .milliseconds(1)
        cost.peakMemoryBytes = Int(now.memory)
        return cost
    }

    private static func usage() -> (cpu: UInt64, memory: UInt64) {
        var cpu: UInt64 = 0
        var memory: UInt64 = 0
        unsafe cworker_usage(&cpu, &memory)
        return (cpu, memory)
    }
}
