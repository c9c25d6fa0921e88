// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// The value of an `Authorization` field that carries a signature by an account's key.
public struct SharedKeyCredential: Sendable, Equatable {
    /// Which form it has.
    public let form: SharedKey.Form
    /// Whose key signed.
    public let account: String
    /// The signature, in base64.
    public let signature: String

    /// Reads `SharedKey account:signature`.
    ///
    /// - Returns: nil when it is of another scheme or malformed.
    public init?(_ field: String) {
        let words = field.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let form = SharedKey.Form(rawValue: String(words[0])) else { return nil }
        let parts = words[1].split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        self.form = form
        account = String(parts[0])
        signature = String(parts[1])
    }
}

extension SharedKey {
    /// How far a request's date may be from the server's clock, before or after.
    public static let allowedSkew = Duration.seconds(15 * 60)

    /// Throws unless the request was signed with one of the account's keys, just now.
    ///
    /// - Throws: ``StorageError`` `AuthenticationFailed`, with the text that the server signed, so that a client's
    ///   author sees the difference.
    public static func check(
        _ request: HTTPRequest, _ credential: SharedKeyCredential, of account: StorageAccount, now: StorageTime
    ) throws {
        guard credential.account == account.name else {
            throw failure("The signature is of another account than the address.")
        }
        try checkDate(of: request, now: now)
        var tried: [String] = []
        for dialect in dialects(for: request) {
            let text = stringToSign(for: request, account: account.name, form: credential.form, dialect: dialect)
            guard let text, !tried.contains(text) else { continue }
            if account.keys.contains(where: { $0.verifies(credential.signature, of: text) }) { return }
            tried.append(text)
        }
        throw failure(
            "The MAC signature found in the HTTP request is not the same as any computed signature. Server used "
                + "following string to sign: '\(tried.first ?? "")'.")
    }

    private static func checkDate(of request: HTTPRequest, now: StorageTime) throws {
        guard let field = request.fields["x-ms-date"] ?? request.fields["Date"], let date = HTTPDate(parsing: field)
        else { throw failure("The request has no x-ms-date or Date that can be read.") }
        let time = StorageTime(date)
        guard time >= now.wholeSecond - allowedSkew, time <= now + allowedSkew else {
            throw failure(
                "The date header in the request is incorrect: it is \(field), and the server's clock reads "
                    + "\(now.httpDate). Set the client's clock.")
        }
    }

    /// Every reading that may have been meant; most requests have one.
    private static func dialects(for request: HTTPRequest) -> [Dialect] {
        var dialects = HeaderOrder.allCases.map { order in
            var dialect = Dialect()
            dialect.order = order
            return dialect
        }
        if request.query?.utf8.contains(UInt8(ascii: "+")) == true {
            dialects += with(dialects) { $0.plusIsSpace = true }
        }
        if request.fields["Content-Length"] == "0" { dialects += with(dialects) { $0.signsZeroLength = true } }
        let slashes = request.path.utf8.count { $0 == UInt8(ascii: "/") }
        if slashes == 1, request.path != "/" { dialects += with(dialects) { $0.addsSlash = true } }
        return dialects
    }

    private static func with(_ dialects: [Dialect], _ change: (inout Dialect) -> Void) -> [Dialect] {
        dialects.map { dialect in
            var changed = dialect
            change(&changed)
            return changed
        }
    }

    private static func failure(_ detail: String) -> StorageError {
        StorageError(.authenticationFailed, details: ["AuthenticationErrorDetail": detail])
    }
}
