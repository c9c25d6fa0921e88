// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import FoundationEssentials
import HTTP

/// `darkroom sas`.
struct SharedAccess: Verb {
    static let name = "sas"
    static let summary = "make a link that allows exactly what you say, for as long as you say"
    static let help = """
        Makes a shared access signature: a link that opens one container or one blob to whoever has it.

        Usage: darkroom sas CONTAINER[/BLOB] [options]

          --permissions LETTERS  r read, a add, c create, w write, d delete, l list; default r
          --expires TIME         how long it is valid: 30m, 12h, 7d; default 1h
          --https-only           not over plain HTTP
          --ip ADDRESS           only from this address, or range A-B
          --connect STRING       a storage connection string with the account's key; default: the server of
                                 --data, else the development account
          --data FOLDER          the server's data folder; default ./darkroom-data
          --json                 print JSON

        Examples:
          darkroom sas images-input --permissions cw --expires 7d     a drop box for a vendor
          darkroom sas thumbnails/cat.jpg
          curl -T cat.jpg -H 'x-ms-blob-type: BlockBlob' "$(darkroom sas images-input/cat.jpg --permissions cw)"

        \(ExitStatus.help)
        """

    private struct Link: Encodable {
        let url: String
        let permissions: String
        let expires: Date
    }

    private let json: Bool
    private let connection: ConnectionString
    private let scope: ServiceSAS.Scope
    private let permissions: Set<SASPermission>
    private let lifetime: TimeInterval
    private let protocols: String?
    private let addresses: String?

    init(_ arguments: inout Arguments) throws {
        json = arguments.flag("--json")
        protocols = arguments.flag("--https-only") ? "https" : nil
        permissions = try readPermissions(try arguments.value("--permissions") ?? "r")
        lifetime = try readLifetime(try arguments.value("--expires") ?? "1h")
        addresses = try arguments.value("--ip")
        connection = try storageConnection(&arguments)
        let words = try arguments.finish()
        guard words.count == 1 else { throw CommandFailure.usage("name one CONTAINER or CONTAINER/BLOB") }
        scope = try readScope(words[0])
    }

    func run() async throws -> ExitStatus {
        guard case .key(let key) = connection.credential else {
            throw CommandFailure.usage(
                "a signature can be made with the account's key only, and \(connection) has none")
        }
        let expires = Date.now.addingTimeInterval(lifetime)
        var terms = SASTerms(permissions, expiry: StorageTime(unixSeconds: Int64(expires.timeIntervalSince1970)))
        terms.protocols = protocols
        terms.addresses = addresses
        let query = ServiceSAS(terms, for: scope).query(for: connection.account, signedWith: key)
        let url = "\(connection.blobEndpoint)/\(path)?\(query.encoded)"
        print(json ? try encodeJSON(Link(url: url, permissions: terms.permissions.text, expires: expires)) : url)
        return .done
    }

    private var path: String {
        switch scope {
        case .container(let container): container.text
        case .blob(let container, let blob): "\(container.text)/\(blob.urlPath)"
        }
    }
}

private func readScope(_ text: String) throws -> ServiceSAS.Scope {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    do {
        let container = try ContainerName(String(parts[0]))
        return parts.count == 1 ? .container(container) : .blob(container, try BlobName(String(parts[1])))
    } catch {
        throw CommandFailure.usage("\"\(text)\" is no CONTAINER or CONTAINER/BLOB: \(error)")
    }
}

private func readPermissions(_ text: String) throws -> Set<SASPermission> {
    let known = "racwdl"
    let permissions = text.compactMap { known.contains($0) ? SASPermission(rawValue: $0) : nil }
    guard !text.isEmpty, permissions.count == text.count else {
        throw CommandFailure.usage("--permissions takes letters of \"\(known)\", not \"\(text)\"")
    }
    return Set(permissions)
}

private func readLifetime(_ text: String) throws -> TimeInterval {
    let units: [Character: Double] = ["m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), (1...36_500).contains(count)
    else { throw CommandFailure.usage("--expires takes a time like 30m, 12h or 7d, not \"\(text)\"") }
    return Double(count) * unit
}
