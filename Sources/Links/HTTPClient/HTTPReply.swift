// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Curl
public import HTTP

/// An answer whose body is still coming.
public struct HTTPReply: Sendable {
    /// The status.
    public let status: HTTPStatus
    /// The header fields as they came.
    public let fields: HTTPFields
    /// The body, as it came: nothing is decompressed.
    public let body: HTTPReplyBody
}

/// An answer's body, pulled by its reader.
///
/// Not reading is the backpressure. Letting go of it before the end closes the connection.
public final class HTTPReplyBody: Sendable {
    private let transfer: CurlTransfer
    private let exchange: String

    init(_ transfer: CurlTransfer, of exchange: String) {
        self.transfer = transfer
        self.exchange = exchange
    }

    /// The next bytes, as many as have come.
    ///
    /// Empty at the end. One task reads.
    ///
    /// - Throws: ``HTTPClientError`` when the answer breaks off; `CancellationError`.
    public func read() async throws -> [UInt8] {
        do {
            return try await transfer.read()
        } catch let error as CurlError {
            throw HTTPClientError(error, exchange)
        }
    }

    /// The whole body.
    ///
    /// - Throws: ``HTTPClientError`` when it breaks off or is longer than `limit` bytes; `CancellationError`.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try await read()
            if piece.isEmpty { return bytes }
            guard bytes.count + piece.count <= limit else {
                throw HTTPClientError(.bodyTooLarge, "\(exchange): the answer is longer than \(limit) bytes")
            }
            bytes += piece
        }
    }
}
