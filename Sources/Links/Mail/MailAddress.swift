// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A mailbox, and the name shown for it.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    /// The name shown; nil for none.
    public let name: String?
    /// `local@domain`, ASCII.
    public let address: String

    /// A mailbox of these parts.
    ///
    /// - Throws: ``MailError`` with `invalidMessage` for an address that is none, or a name with control characters:
    ///   a line break in it would begin another header field.
    public init(name: String? = nil, address: String) throws {
        guard isAddress(address) else {
            throw MailError(
                .invalidMessage, "\"\(printable(address))\" is no mail address; write name@example.com in ASCII")
        }
        if let name, !isHeaderText(name) {
            throw MailError(.invalidMessage, "the name of <\(address)> has a control character")
        }
        self.name = name?.isEmpty == true ? nil : name
        self.address = address
    }

    /// Reads `local@domain` or `Name <local@domain>`.
    ///
    /// - Throws: ``MailError`` with `invalidMessage`.
    public init(_ text: String) throws {
        guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
            try self.init(address: text)
            return
        }
        var name = text[..<open]
        while name.last == " " { name.removeLast() }
        if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") { name = name.dropFirst().dropLast() }
        try self.init(name: String(name), address: String(text[text.index(after: open)...].dropLast()))
    }

    /// The domain.
    public var domain: String {
        String(address[address.index(after: address.lastIndex(of: "@") ?? address.startIndex)...])
    }

    /// `Name <local@domain>`, or the address alone.
    public var description: String { name.map { "\($0) <\(address)>" } ?? address }
}

/// Dot-atoms on both sides (RFC 5322, section 3.4.1), of the lengths that SMTP carries.
private func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...64).contains(parts[0].utf8.count), (1...253).contains(parts[1].utf8.count) else {
        return false
    }
    return isDotted(parts[0], "!#$%&'*+-/=?^_`{|}~") && isDotted(parts[1], "-")
}

/// Letters, digits and `others`, with single dots between them.
private func isDotted(_ text: Substring, _ others: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { isLetterOrDigit($0) || others.utf8.contains($0) }
    }
}
