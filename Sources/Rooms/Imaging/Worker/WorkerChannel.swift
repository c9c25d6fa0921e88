// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CWorkerProcess
import FoundationEssentials
import Glibc

/// A system call that failed, by its error number.
struct SystemError: Error, CustomStringConvertible {
    let call: String
    let code: Int32

    /// The error that the calling thread met last.
    init(_ call: String) {
        self.call = call
        code = errno
    }

    var description: String { unsafe "\(call): \(String(cString: strerror(code)))" }
}

/// The socket between the server and one worker: JSON messages of bounded size, with descriptors.
///
/// The socket keeps message boundaries, so a message is one call and needs no length before it.
struct WorkerChannel {
    let socket: Int32

    /// The most bytes of one message.
    static let maxMessage = 64 * 1024

    /// Sends a message; the descriptors stay open here.
    func send(_ message: some Encodable, descriptors: [Int32] = []) throws {
        let bytes = [UInt8](try JSONEncoder().encode(message))
        guard bytes.count <= Self.maxMessage else { throw ImagingFailure(.invalidJob, "The job's plans are too long.") }
        let status = unsafe cworker_send(socket, bytes, bytes.count, descriptors, Int32(descriptors.count))
        if status != 0 { throw SystemError("send") }
    }

    /// The next message and the descriptors with it, which the caller closes; nil when the other side is gone.
    func receive<Message: Decodable>(
        _ type: Message.Type, descriptors room: Int = 0
    ) throws -> (message: Message, descriptors: [Int32])? {
        var bytes = [UInt8](repeating: 0, count: Self.maxMessage)
        var descriptors = [Int32](repeating: -1, count: room)
        var count = Int32(room)
        let length = unsafe cworker_receive(socket, &bytes, bytes.count, &descriptors, &count)
        let received = Array(descriptors.prefix(Int(count)))
        do {
            if length < 0 { throw SystemError("receive") }
            guard length > 0 else { return nil }
            return (try JSONDecoder().decode(type, from: Data(bytes.prefix(length))), received)
        } catch {
            for descriptor in received { close(descriptor) }
            throw error
        }
    }
}
