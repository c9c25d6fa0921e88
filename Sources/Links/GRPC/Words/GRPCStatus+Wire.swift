// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2

/// What other protocols' words mean as a status.
extension GRPCStatus {
    /// What an answer that is not gRPC's means: it comes from a proxy or another kind of server.
    init(http status: Int) {
        let code: Code =
            switch status {
            case 400: .internalError
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .unimplemented
            case 429, 502, 503, 504: .unavailable
            default: .unknown
            }
        self.init(code, "the server answered with HTTP status \(status), not with gRPC")
    }

    /// What it means that the peer reset a stream.
    init(reset error: UInt32) {
        let code: Code =
            switch nghttp2_error_code(error) {
            case NGHTTP2_REFUSED_STREAM: .unavailable
            case NGHTTP2_CANCEL: .cancelled
            case NGHTTP2_ENHANCE_YOUR_CALM: .resourceExhausted
            case NGHTTP2_INADEQUATE_SECURITY: .permissionDenied
            default: .internalError
            }
        self.init(code, "the peer reset the call's stream (HTTP/2 error \(error))")
    }

    /// What it means that a handler threw.
    init(thrown error: any Error) {
        switch error {
        case let status as GRPCStatus:
            self = status.code == .ok ? GRPCStatus(.internalError, "a handler threw the status ok") : status
        case is CancellationError: self.init(.cancelled, "the call was cancelled")
        default: self.init(.unknown, "the call failed; its cause is in the server's log")
        }
    }

    static let deadlinePassed = GRPCStatus(.deadlineExceeded, "the call took longer than its deadline allows")
}

/// A status message's form in a trailer: percent-encoded UTF-8.
enum StatusMessage {
    /// Bytes of an encoded message; clients take about 8 KiB of trailers, and what is behind is cut off.
    static let mostBytes = 4 << 10

    static func encode(_ message: String) -> String {
        var text: [UInt8] = []
        for scalar in message.unicodeScalars where text.count < mostBytes { append(scalar, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
        for byte in String(scalar).utf8 {
            if byte >= 0x20 && byte <= 0x7e && byte != UInt8(ascii: "%") {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
    }

    /// What is no escape stands for itself: a message must not get lost because its form is wrong.
    static func decode(_ text: String) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let high = value(source[index + 1]), let low = value(source[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
