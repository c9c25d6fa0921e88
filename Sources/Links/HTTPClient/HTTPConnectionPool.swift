// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Curl
public import HTTP

/// Sends requests over connections that it keeps and shares.
///
/// HTTP/1.1, over TLS 1.2 or newer where the origin asks for it. Requests go out as they are written: paths are not
/// normalised, header names keep their case, redirects are not followed, bodies not decompressed, and no proxy is
/// used.
public final class HTTPConnectionPool: Sendable {
    /// How a pool behaves.
    public struct Options: Sendable {
        /// Until a connection stands, TLS included.
        public var connectTimeout: Duration = .seconds(10)
        /// Without a byte in either direction, the wait for an answer included; rounded up to seconds.
        public var stallTimeout: Duration = .seconds(60)
        /// From the first byte of a request to the last of its answer; nil for no limit.
        public var totalTimeout: Duration?
        /// Connections to one origin at once; further requests wait.
        public var connectionsPerOrigin = 64
        /// A PEM file of the authorities to trust instead of the system's.
        public var authorityFile: String?

        /// The defaults.
        public init() {}
    }

    private let options: Options
    private let session: CurlSession
    private let files = BlockingPool(name: "upload", threads: 2)
    private let isClosed = Lock(false)

    /// A pool without connections yet.
    public init(options: Options = Options()) {
        self.options = options
        var limits = CurlSession.Limits()
        limits.connectionsPerHost = options.connectionsPerOrigin
        session = CurlSession(limits: limits)
    }

    deinit { close() }

    /// Cuts what is under way; later requests fail.
    public func close() {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        session.close()
        files.close()
    }

    /// Sends a request and returns once the answer's header is here.
    ///
    /// The request's `Content-Length` and `Transfer-Encoding` are its body's, whatever `request` says. Unless the
    /// server refuses earlier, the body is sent to its end before the answer's body can be read.
    ///
    /// - Parameters:
    ///   - request: `isSecure` and `remoteAddress` do not count.
    ///   - origin: Where it goes; also the `Host` field unless `request` has one.
    ///   - body: What it carries.
    /// - Throws: ``HTTPClientError``; `CancellationError`, and then the connection is closed; what a streamed body
    ///   throws.
    public func send(
        _ request: HTTPRequest, to origin: HTTPOrigin, body: HTTPUpload = .empty
    ) async throws -> HTTPReply {
        let exchange = "\(request.method.rawValue) \(origin)"
        let transfer = session.start(try curlRequest(request, to: origin, body: body))
        do {
            try await UploadWriter(transfer, length: body.length).send(body, reading: files)
            let head = try await transfer.head()
            return HTTPReply(
                status: HTTPStatus(head.status), fields: HTTPFields(lines: head.lines),
                body: HTTPReplyBody(transfer, of: exchange))
        } catch let error as CurlError {
            throw HTTPClientError(error, exchange)
        }
    }

    private func curlRequest(
        _ request: HTTPRequest, to origin: HTTPOrigin, body: HTTPUpload
    ) throws -> CurlRequest {
        let target = try requestTarget(of: request)
        var curl = CurlRequest(
            url: "\(origin)\(target)",
            exchange: .http(method: request.method.rawValue, header: try headerLines(request.fields)))
        curl.body = announcement(of: body, method: request.method)
        curl.timeouts.connect = options.connectTimeout
        curl.timeouts.stall = options.stallTimeout
        curl.timeouts.total = options.totalTimeout
        curl.authorityFile = options.authorityFile
        return curl
    }
}

/// How the body is announced; a PUT or POST without one says so (RFC 9110, section 8.6).
private func announcement(of body: HTTPUpload, method: HTTPMethod) -> CurlRequest.Body {
    switch body {
    case .empty: [.put, .post].contains(method) ? .length(0) : .none
    case .bytes, .file, .stream: body.length.map(CurlRequest.Body.length) ?? .untilFinished
    }
}
