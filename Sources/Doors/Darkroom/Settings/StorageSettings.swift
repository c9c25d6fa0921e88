// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
public import Sockets

/// The storage service.
public struct StorageSettings: Sendable {
    /// The address to listen on.
    public var address: String
    /// The blob service's port; 0 takes a free one.
    public var blobPort: Int
    /// The accounts and their keys.
    public var accounts: [StorageAccount]
    /// What to show over TLS; nil for plain HTTP.
    public var certificate: TLSCertificate?

    init(_ reader: SettingsReader) throws {
        let host = try reader.text("storage.address", "the IP address to listen on", default: "127.0.0.1")
        address = host == "localhost" ? "127.0.0.1" : host
        blobPort = try reader.int(
            "storage.blobPort", "the port of the blob service; 0 takes a free one", default: 10_000, in: 0...65_535)
        accounts =
            try reader.list("storage.accounts", "a list of { name, key } with the key in base64", readAccount)
            ?? [.development]
        guard !accounts.isEmpty, Set(accounts.map(\.name)).count == accounts.count else {
            throw SettingsError("storage.accounts needs at least one account, each with a name of its own")
        }
        let chain = try reader.optionalText("storage.tls.certificate", "the PEM file of the server's certificate chain")
        let key = try reader.optionalText("storage.tls.key", "the PEM file of the certificate's private key")
        switch (chain, key) {
        case (let chain?, let key?): certificate = .init(chainFile: chain, keyFile: key)
        case (nil, nil): certificate = nil
        default: throw SettingsError("storage.tls needs both certificate and key, or neither")
        }
        try refuseDevelopmentKeyAbroad()
    }

    private func refuseDevelopmentKeyAbroad() throws {
        do {
            try accounts.checkListening(on: address)
        } catch {
            throw SettingsError(
                "storage.address: \(error) (storage.accounts; \"openssl rand -base64 64\" makes a key)")
        }
    }
}

private func readAccount(_ reader: SettingsReader) throws -> StorageAccount {
    let name = try reader.optionalText("name", "the account's name")
    let key = try reader.optionalText("key", "the account's key, in base64")
    guard let name, let key else { throw reader.wrong("an account", "needs a name and a key", "{ name, key }") }
    do {
        return try StorageAccount(name: name, keys: [AccountKey(base64: key)])
    } catch {
        throw SettingsError("storage.accounts: \(error)")
    }
}
