// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes to standard error, unbuffered, whole.
func writeToStandardError(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
        let count = unsafe bytes.withUnsafeBytes {
            unsafe write(2, $0.baseAddress?.advanced(by: sent), $0.count - sent)
        }
        if count <= 0 { return }
        sent += count
    }
}

/// Whether a person watches standard error.
var standardErrorIsTerminal: Bool { isatty(2) == 1 }

/// The terminal's width in columns; 80 when it does not say.
var terminalColumns: Int {
    var size = winsize()
    guard unsafe ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
}

extension String {
    /// With spaces behind it up to a width in characters.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    /// With spaces before it up to a width in characters.
    func paddedLeft(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
