// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Foundation
import Glibc

/// A client that sends exactly the bytes it is told to, and says exactly what came back.
///
/// Its calls block, so tests make them on threads of their own through ``blocking(_:)``.
@safe
final class Client: @unchecked Sendable {
    /// What was received until the server ended the connection or nothing came for a while.
    struct Answer {
        var bytes: [UInt8] = []
        /// Whether the server has ended the connection.
        var isClosed = false
        /// Whether the connection ended in an error instead of an orderly end.
        var wasReset = false

        var text: String { String(decoding: bytes, as: UTF8.self) }

        /// The codes of all status lines.
        var statuses: [Int] {
            let data = Data(bytes)
            let mark = Data("HTTP/1.1 ".utf8)
            var codes: [Int] = []
            var rest = 0..<data.count
            while let found = data.range(of: mark, in: rest) {
                rest = found.upperBound..<data.count
                codes += Int(String(decoding: data[rest].prefix(3), as: UTF8.self)).map { [$0] } ?? []
            }
            return codes
        }
    }

    let descriptor: Int32

    /// Connects to a port of this machine.
    init(port: UInt16, receiveBuffer: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
        }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(status == 0, "connect failed with error \(errno)")
    }

    deinit { close(descriptor) }

    /// Sends all bytes; false when the server does not take them any more.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Says that nothing more comes.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Receives what comes next; nil when nothing came in time, empty at the end.
    func receive(within milliseconds: Int = 30_000, upTo limit: Int = 64 << 10) -> Result<[UInt8], Reset>? {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(descriptor, &buffer, limit, 0)
        if count >= 0 { return .success(Array(buffer[..<count])) }
        return errno == EAGAIN ? nil : .failure(Reset())
    }

    struct Reset: Error {}

    /// Receives until the server ends the connection, `isEnough` says so, or nothing comes any more.
    func answer(within milliseconds: Int = 30_000, until isEnough: (Answer) -> Bool = { _ in false }) -> Answer {
        var answer = Answer()
        while !isEnough(answer) {
            switch receive(within: milliseconds) {
            case nil: return answer
            case .failure:
                answer.isClosed = true
                answer.wasReset = true
                return answer
            case .success(let bytes) where bytes.isEmpty:
                answer.isClosed = true
                return answer
            case .success(let bytes): answer.bytes += bytes
            }
        }
        return answer
    }
}

/// Runs blocking calls on a thread of their own.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = startThread { continuation.resume(returning: body()) }
        pthread_detach(thread)
    }
}

/// Where `mark` first stands in `bytes`, by Foundation: what is compiled for debugging takes seconds for megabytes.
func find(_ mark: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    Data(bytes).range(of: Data(mark), in: start..<bytes.count)?.lowerBound
}

/// Whether two stretches of bytes are the same, by Foundation for the same reason.
func isSame(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool { Data(left) == Data(right) }

extension String {
    /// What stands after each occurrence of `mark`.
    func components(after mark: String) -> [Substring] {
        var found: [Substring] = []
        var rest = self[...]
        while let place = rest.firstRange(of: mark) {
            rest = rest[place.upperBound...]
            found.append(rest)
        }
        return found
    }
}

extension Client {
    /// Sends on a thread of its own, while the caller receives.
    struct Sender {
        private let thread: pthread_t

        init(_ client: Client, _ bytes: [UInt8]) {
            thread = startThread { client.send(bytes) }
        }

        func join() { pthread_join(thread, nil) }
    }
}
