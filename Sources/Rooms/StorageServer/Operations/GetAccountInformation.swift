// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Get Account Information.
struct GetAccountInformation: StorageOperation {
    init(_ request: StorageRequest) throws {}

    var access: RequiredAccess { .account(.service, .read, .write, .list, .create, .delete) }

    func run(_ context: OperationContext) async throws -> HTTPResponse {
        HTTPResponse(
            status: 200,
            fields: [
                "x-ms-sku-name": "Standard_LRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false",
            ])
    }
}
