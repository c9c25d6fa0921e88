// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// The scheme that signs a request with the account's key.
///
/// Server and client share what is signed; the server also accepts the spellings that clients in the field use.
public enum SharedKey {
    /// The two forms of the scheme.
    public enum Form: String, Sendable {
        /// Signs all that matters.
        case full = "SharedKey"
        /// Signs less; old clients use it.
        case lite = "SharedKeyLite"
    }

    /// Where readings of the scheme differ.
    public struct Dialect: Sendable, Equatable {
        /// How `x-ms-` fields are sorted.
        public var order = HeaderOrder.bytes
        /// Whether `+` in a query stands for a space.
        public var plusIsSpace = false
        /// Whether an empty body's length is signed as "0", as before 2015-02-21.
        public var signsZeroLength = false
        /// Whether a path that ends without its slash is signed with one.
        public var addsSlash = false

        /// What today's documentation says.
        public init() {}
    }

    /// The text that is signed.
    ///
    /// - Returns: nil when the query is not percent-encoded UTF-8.
    public static func stringToSign(
        for request: HTTPRequest, account: String, form: Form = .full, dialect: Dialect = Dialect()
    ) -> String? {
        guard let query = HTTPQuery(parsing: request.query, plusIsSpace: dialect.plusIsSpace) else { return nil }
        let path = dialect.addsSlash ? request.path + "/" : request.path
        let resource = "/\(account)\(path)" + (form == .full ? fullQuery(query) : liteQuery(query))
        let headers = canonicalHeaders(request.fields, dialect.order)
        return standardLines(request, form, dialect).joined(separator: "\n") + "\n" + headers + resource
    }

    /// Signs a request that is otherwise complete: `x-ms-date` and `x-ms-version` are set, and the body's length and
    /// type are among the fields.
    ///
    /// - Throws: ``StorageError`` `InvalidUri` when the query is not percent-encoded UTF-8.
    public static func sign(_ request: inout HTTPRequest, as account: String, with key: AccountKey) throws {
        guard let text = stringToSign(for: request, account: account) else { throw StorageError(.invalidUri) }
        request.fields["Authorization"] = "\(Form.full.rawValue) \(account):\(key.signature(of: text))"
    }

    private static func standardLines(_ request: HTTPRequest, _ form: Form, _ dialect: Dialect) -> [String] {
        let fields = request.fields
        let date = fields["x-ms-date"] == nil ? fields["Date"] ?? "" : ""
        let length = fields["Content-Length"] ?? ""
        let signedLength = length == "0" && !dialect.signsZeroLength ? "" : length
        guard form == .full else {
            return [request.method.rawValue, fields["Content-MD5"] ?? "", fields["Content-Type"] ?? "", date]
        }
        let names = ["If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"]
        return [
            request.method.rawValue, fields["Content-Encoding"] ?? "", fields["Content-Language"] ?? "", signedLength,
            fields["Content-MD5"] ?? "", fields["Content-Type"] ?? "", date,
        ] + names.map { fields[$0] ?? "" }
    }

    private static func canonicalHeaders(_ fields: HTTPFields, _ order: HeaderOrder) -> String {
        var values: [String: [String]] = [:]
        for field in fields.all {
            let name = field.name.lowercased()
            if name.hasPrefix("x-ms-") { values[name, default: []].append(folded(field.value)) }
        }
        return values.keys.sorted(by: order.precedes)
            .map { "\($0):\(values[$0]?.joined(separator: ",") ?? "")\n" }.joined()
    }

    /// A value on one line, as unfolding leaves it.
    private static func folded(_ value: String) -> String {
        value.utf8.contains { $0 == 0x0d || $0 == 0x0a }
            ? value.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ") : value
    }

    private static func fullQuery(_ query: HTTPQuery) -> String {
        var values: [String: [String]] = [:]
        for item in query.items { values[item.name.lowercased(), default: []].append(item.value) }
        return values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { "\n\($0):\((values[$0] ?? []).sorted().joined(separator: ","))" }.joined()
    }

    private static func liteQuery(_ query: HTTPQuery) -> String {
        query.items.first { $0.name.lowercased() == "comp" }.map { "?comp=\($0.value)" } ?? ""
    }
}
