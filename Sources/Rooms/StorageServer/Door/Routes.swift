// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import HTTP

/// Which operation a request asks for: method, kind of resource, and the parameters `restype` and `comp`.
enum Routes {
    /// - Throws: ``StorageError`` `NotImplemented` for what the service has and this server does not,
    ///   `UnsupportedHttpVerb`, `InvalidQueryParameterValue`.
    static func operation(for request: StorageRequest) throws -> any StorageOperation.Type {
        if request.http.method == .options { throw StorageError(.corsPreflightFailure) }
        let route = Route(request)
        if route.restype == "account", route.comp == "properties" { return GetAccountInformation.self }
        let operation: (any StorageOperation.Type)? =
            switch request.resource {
            case .service: service(route)
            case .container: container(route)
            case .blob: try blob(route, request)
            }
        if let operation { return operation }
        throw missing(route)
    }

    private struct Route {
        let method: HTTPMethod
        let restype: String
        let comp: String

        init(_ request: StorageRequest) {
            method = request.http.method
            restype = request[parameter: "restype"] ?? ""
            comp = request[parameter: "comp"] ?? ""
        }

        var isRead: Bool { method == .get || method == .head }
    }

    private static func service(_ route: Route) -> (any StorageOperation.Type)? {
        switch (route.method, route.restype, route.comp) {
        case (.get, "", "list"): ListContainers.self
        case (.get, "service", "properties"): GetServiceProperties.self
        case (.put, "service", "properties"): SetServiceProperties.self
        default: nil
        }
    }

    private static func container(_ route: Route) -> (any StorageOperation.Type)? {
        switch (route.method, route.comp) {
        case (.put, ""): CreateContainer.self
        case (.delete, ""): DeleteContainer.self
        case (.get, "list"): ListBlobs.self
        case (.put, "metadata"): SetContainerMetadata.self
        case (.put, "acl"): SetContainerAccess.self
        case (_, "acl") where route.isRead: GetContainerAccess.self
        case (_, ""), (_, "metadata"): route.isRead ? GetContainerProperties.self : nil
        default: nil
        }
    }

    private static func blob(_ route: Route, _ request: StorageRequest) throws -> (any StorageOperation.Type)? {
        for parameter in ["snapshot", "versionid"] where request[parameter: parameter] != nil {
            throw StorageError.notImplemented("The parameter \(parameter)")
        }
        let copies = request.fields["x-ms-copy-source"] != nil
        switch (route.method, route.comp) {
        case (.put, "") where copies: return CopyBlob.self
        case (.put, ""): return PutBlob.self
        case (.put, "block") where copies: throw StorageError.notImplemented("Put Block From URL")
        case (.put, "block"): return PutBlock.self
        case (.put, "blocklist"): return PutBlockList.self
        case (.put, "metadata"): return SetBlobMetadata.self
        case (.put, "properties"): return SetBlobProperties.self
        case (.get, ""): return GetBlob.self
        case (.get, "blocklist"): return GetBlockList.self
        case (.head, ""): return GetBlobProperties.self
        case (_, "metadata") where route.isRead: return GetBlobProperties.self
        case (.delete, ""): return DeleteBlob.self
        default: return nil
        }
    }

    private static func missing(_ route: Route) -> StorageError {
        if notImplemented.contains(route.comp) {
            return .notImplemented("The operation \(route.method.rawValue) with comp=\(route.comp)")
        }
        if !route.comp.isEmpty, !implemented.contains(route.comp) { return .invalidQuery("comp", route.comp) }
        return StorageError(.unsupportedHttpVerb)
    }

    private static let implemented: Set<String> = [
        "list", "properties", "metadata", "acl", "block", "blocklist",
    ]

    /// What else the service has.
    private static let notImplemented: Set<String> = [
        "appendblock", "batch", "blobs", "copy", "expiry", "immutabilityPolicies", "incrementalcopy", "lease",
        "legalhold", "page", "pagelist", "query", "rename", "seal", "snapshot", "stats", "tags", "tier", "undelete",
        "userdelegationkey",
    ]
}
