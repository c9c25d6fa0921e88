// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto
import FoundationEssentials
import Glibc
import Imaging
import Testing

/// Where the test program stands; the worker's program is built beside it.
private let products: String = {
    let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: program ?? "").deletingLastPathComponent().path
}()

/// Whether a sanitizer runs with the tests: it needs terabytes of address space and system calls of its own.
let isSanitized = unsafe dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil

extension ImageWorkerConfiguration {
    /// Workers for tests, started from the test host.
    static func forTests(workers: Int = 1) -> ImageWorkerConfiguration {
        var configuration = ImageWorkerConfiguration()
        configuration.executable = products + "/ImageWorkerTestHost"
        configuration.workers = workers
        if isSanitized {
            configuration.memoryBytes = nil
            configuration.isConfined = false
        }
        return configuration
    }
}

/// Lends a pool of workers and closes it.
func withPool<Result>(
    _ configuration: ImageWorkerConfiguration = .forTests(), _ body: (ImageWorkerPool) async throws -> Result
) async throws -> Result {
    let pool = ImageWorkerPool(configuration)
    do {
        let result = try await body(pool)
        await pool.close()
        return result
    } catch {
        await pool.close()
        throw error
    }
}

/// A folder of its own, removed at the end.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/imaging-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file and gives its path.
    func write(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }
}

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

/// The path of a committed picture.
func fixture(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().path + "/Fixtures/" + name
}

/// Lower-case hexadecimal digest of bytes.
func digest(_ kind: Digest, _ bytes: [UInt8]) -> String { hex(kind.of(bytes)) }

/// A file kept open by a test.
struct Descriptor: ~Copyable {
    let number: Int32

    init(_ path: String, writing: Bool) throws {
        number = unsafe open(path, writing ? O_RDWR : O_RDONLY)
        try #require(number >= 0)
    }

    deinit { close(number) }

    var isOpen: Bool { fcntl(number, F_GETFD) >= 0 }
}

/// How many descriptors this process has open.
func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}
