// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Glibc
import Telemetry

/// Appends spans to a file, one line each, on a thread of its own.
///
/// What the disk is too slow for is left out and counted: telemetry never holds work up.
final class SpanFile: Sendable {
    /// How many spans may wait for the disk.
    private static let mostWaiting = 8_192

    private let path: String
    private let file: Int32
    private let log: Log
    private let pool = BlockingPool(name: "span file", threads: 1, limit: mostWaiting)
    private let lost = Lock(0)

    /// Opens the file, or creates it for its owner alone.
    ///
    /// - Throws: ``SettingsError`` when that is not possible.
    init(path: String, log: Log) throws {
        self.path = path
        self.log = log
        file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw SettingsError(
                "telemetry.spanFile: \(path) cannot be opened: \(unsafe String(cString: strerror(errno)))")
        }
    }

    deinit { Glibc.close(file) }

    /// What writes here.
    var sink: SpanSink {
        SpanSink { [self] span in
            do {
                try pool.submit { self.write(span) }
            } catch {
                lost.withLock { $0 += 1 }
            }
        }
    }

    /// Writes what waits, and says how much was left out.
    func close() {
        pool.close()
        let lost = lost.withLock { $0 }
        if lost > 0 { log(.warning, "spans were left out", ["file": path, "count": "\(lost)"]) }
    }

    private func write(_ span: TraceSpan) {
        guard let line = try? SpanText(span).line(), append(line) else { return lost.withLock { $0 += 1 } }
    }

    /// - Returns: whether all of it was written.
    private func append(_ line: [UInt8]) -> Bool {
        var rest = line[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
