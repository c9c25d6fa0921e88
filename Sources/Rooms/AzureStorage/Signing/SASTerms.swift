// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// What a shared access signature allows.
public enum SASPermission: Character, Sendable, CaseIterable {
    /// Reads content, properties and metadata.
    case read = "r"
    /// Adds to what is there.
    case add = "a"
    /// Writes where nothing is.
    case create = "c"
    /// Writes over what is there.
    case write = "w"
    /// Deletes.
    case delete = "d"
    /// Deletes a version.
    case deleteVersion = "x"
    /// Deletes for good.
    case deletePermanently = "y"
    /// Lists.
    case list = "l"
    /// Reads and writes tags.
    case tags = "t"
    /// Finds by tags.
    case find = "f"
    /// Sets an immutability policy.
    case setImmutability = "i"
}

/// The permissions of a signature, as they were written.
public struct SASPermissions: Sendable, Equatable {
    /// As signed.
    public let text: String

    /// Permissions as written; letters that this program does not know allow nothing.
    public init(_ text: String) { self.text = text }

    /// These permissions, in the order that the service asks for.
    public init(_ permissions: Set<SASPermission>) {
        text = String(SASPermission.allCases.filter(permissions.contains).map(\.rawValue))
    }

    /// Whether one of them is allowed.
    public func allowsAny(of permissions: Set<SASPermission>) -> Bool {
        permissions.contains { text.contains($0.rawValue) }
    }
}

/// A moment of a signature, as it was written.
public struct SASTime: Sendable, Equatable {
    /// As signed.
    public let text: String
    /// The moment.
    public let time: StorageTime

    /// A moment, to the second.
    public init(_ time: StorageTime) {
        text = time.iso8601
        self.time = time.wholeSecond
    }

    /// Reads a date, or a date and a time in UTC.
    ///
    /// - Returns: nil when it is neither.
    public init?(_ text: String) {
        guard let time = StorageTime(iso8601: text) else { return nil }
        self.text = text
        self.time = time
    }
}

/// What every shared access signature says.
public struct SASTerms: Sendable, Equatable {
    /// The newest layout that this program signs with.
    public static let currentVersion = "2024-11-04"

    /// Which layout is signed: `sv`.
    public var version: String
    /// What is allowed: `sp`.
    public var permissions: SASPermissions
    /// From when: `st`.
    public var start: SASTime?
    /// Until when: `se`.
    public var expiry: SASTime?
    /// From which address or range of addresses, as written: `sip`.
    public var addresses: String?
    /// `https` or `https,http`: `spr`.
    public var protocols: String?
    /// `ses`.
    public var encryptionScope: String?

    /// Terms of the current version.
    public init(_ permissions: Set<SASPermission>, start: StorageTime? = nil, expiry: StorageTime) {
        version = Self.currentVersion
        self.permissions = SASPermissions(permissions)
        self.start = start.map { SASTime($0) }
        self.expiry = SASTime(expiry)
    }

    /// The terms that a query states.
    ///
    /// - Throws: ``StorageError`` `AuthenticationFailed` for a version or a time that is none.
    init(_ query: SASQuery) throws {
        version = query["sv"] ?? ""
        permissions = SASPermissions(query["sp"] ?? "")
        start = try query.time("st")
        expiry = try query.time("se")
        addresses = query["sip"]
        protocols = query["spr"]
        encryptionScope = query["ses"]
        guard version.utf8.count == 10, StorageTime(iso8601: version) != nil, version >= "2015-04-05" else {
            throw sasFailure("The signed version sv is missing, malformed or older than 2015-04-05.")
        }
    }

    /// As query items, the permissions first.
    var items: [HTTPQuery.Item] {
        [
            ("sv", version), ("sp", permissions.text), ("st", start?.text), ("se", expiry?.text), ("sip", addresses),
            ("spr", protocols), ("ses", encryptionScope),
        ].compactMap { name, value in
            guard let value, !value.isEmpty else { return nil }
            return HTTPQuery.Item(name: name, value: value)
        }
    }

    /// Throws unless the terms hold for a request that arrives now.
    ///
    /// - Throws: ``StorageError`` `AuthenticationFailed` outside their time, `AuthorizationProtocolMismatch`,
    ///   `AuthorizationSourceIPMismatch`.
    public func check(_ request: HTTPRequest, now: StorageTime) throws {
        guard let expiry else { throw sasFailure("The signed expiry time se is missing.") }
        if let start, now < start.time { throw sasFailure("Signature not valid before \(start.text).") }
        guard now < expiry.time else {
            throw sasFailure("Signature not valid in the specified time frame: it ended at \(expiry.text).")
        }
        if protocols == "https", !request.isSecure { throw StorageError(.authorizationProtocolMismatch) }
        guard let addresses else { return }
        guard SASAddressRange(addresses)?.contains(request.remoteAddress) == true else {
            throw StorageError(
                .authorizationSourceIPMismatch, details: ["SourceIP": request.remoteAddress])
        }
    }
}

/// A failure of a shared access signature.
func sasFailure(_ detail: String) -> StorageError {
    StorageError(.authenticationFailed, details: ["AuthenticationErrorDetail": detail])
}

/// The query of a request with a shared access signature.
struct SASQuery {
    let query: HTTPQuery

    /// A value; names are compared without regard to case, as the service does it.
    subscript(name: String) -> String? { query.items.first { sameFieldName($0.name, name) }?.value }

    func time(_ name: String) throws -> SASTime? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let time = SASTime(text) else { throw sasFailure("\(name) is not a well-formed date.") }
        return time
    }
}

/// An IPv4 address or a range of them.
public struct SASAddressRange: Sendable, Equatable {
    private let bounds: ClosedRange<UInt32>

    /// Reads `168.1.5.60` or `168.1.5.60-168.1.5.70`.
    public init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.number)
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
            return nil
        }
        bounds = first...last
    }

    /// Whether an address lies in it.
    public func contains(_ address: String) -> Bool {
        // A peer of an IPv6 socket that came over IPv4.
        let plain = address.hasPrefix("::ffff:") ? Substring(address.dropFirst(7)) : Substring(address)
        return Self.number(plain).map(bounds.contains) ?? false
    }

    private static func number(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let part else { return nil }
            number = number << 8 | UInt32(part)
        }
        return number
    }
}
