// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Create Container.
struct CreateContainer: StorageOperation {
    private let address: ContainerAddress
    private let openness: PublicAccess
    private let metadata: BlobMetadata

    init(_ request: StorageRequest) throws {
        address = try request.container()
        openness = try PublicAccess(request)
        metadata = try BlobMetadata(fields: request.fields)
    }

    var access: RequiredAccess { .account(.container, .create, .write) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        let properties = try await context.store.createContainer(address, access: openness, metadata: metadata)
        return HTTPResponse(status: 201, fields: .written(properties.etag, properties.lastModified))
    }
}

extension PublicAccess {
    /// What `x-ms-blob-public-access` says; without it a container is closed.
    init(_ request: StorageRequest) throws {
        let name = "x-ms-blob-public-access"
        guard let text = request.fields[name] else {
            self = .none
            return
        }
        guard let access = PublicAccess(rawValue: text.lowercased()), access != .none else {
            throw StorageError.invalidHeader(name, text)
        }
        self = access
    }
}
