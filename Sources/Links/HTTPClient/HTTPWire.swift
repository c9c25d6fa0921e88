// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Path and query as they go to the wire.
///
/// - Throws: ``HTTPClientError`` for bytes that have no place in a request target: they must be percent-encoded.
func requestTarget(of request: HTTPRequest) throws -> String {
    guard isToken(request.method.rawValue) else {
        throw HTTPClientError(.invalidRequest, "the method has a character that no method has")
    }
    guard request.path.hasPrefix("/"), request.path.utf8.allSatisfy({ isTargetByte($0) && $0 != UInt8(ascii: "?") }),
        request.query?.utf8.allSatisfy(isTargetByte) ?? true
    else {
        throw HTTPClientError(
            .invalidRequest, "a path begins with \"/\", and path and query are percent-encoded visible ASCII")
    }
    return request.path + (request.query.map { "?\($0)" } ?? "")
}

/// Header lines as libcurl takes them, without its own additions.
///
/// - Throws: ``HTTPClientError`` for a field that would break the header apart.
func headerLines(_ fields: HTTPFields) throws -> [String] {
    var lines: [String] = []
    for field in fields.all where !isFraming(field.name) {
        guard isToken(field.name), field.value.utf8.allSatisfy(isFieldByte) else {
            throw HTTPClientError(
                .invalidRequest, "the header field \"\(printable(field.name))\" has a control character")
        }
        lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    // A name without a value takes back what libcurl would add.
    for name in ["Accept", "Expect"] where fields[name] == nil { lines.append("\(name):") }
    return lines
}

extension HTTPFields {
    /// The fields of an answer's header lines; a line without a colon is none.
    init(lines: [String]) {
        self.init()
        for line in lines {
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
            append(String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
        }
    }
}

/// The body decides these.
private func isFraming(_ name: String) -> Bool {
    ["Content-Length", "Transfer-Encoding"].contains { sameFieldName($0, name) }
}

/// RFC 9110, section 5.6.2.
private func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
}

private func isFieldByte(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\t") || (byte >= 0x20 && byte != 0x7f) }

private func isTargetByte(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "#") }

private func printable(_ text: String) -> String {
    String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
}

private func trimmed(_ text: Substring) -> String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
}
