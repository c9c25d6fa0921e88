// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import AzureStorage
import FoundationEssentials
public import HTTP
public import Telemetry

/// The blob service over HTTP: Azure's REST interface, with the account's name as the first part of the path.
public final class BlobService: HTTPResponder {
    /// The version that is answered when the client names none.
    static let version = "2025-11-05"

    private let store: BlobStore
    private let authenticator: Authenticator
    private let log: Log
    private let now: @Sendable () -> StorageTime

    /// A service for a store.
    ///
    /// - Parameters:
    ///   - store: Where everything is.
    ///   - accounts: Who may sign. Check them with `checkListening(on:)` before listening.
    ///   - log: Hears of failures that are the server's own.
    ///   - now: The clock that signatures are held against.
    public init(
        store: BlobStore, accounts: [StorageAccount], log: Log = .silent,
        now: @escaping @Sendable () -> StorageTime = StorageTime.now
    ) {
        self.store = store
        authenticator = Authenticator(accounts: accounts, now: now)
        self.log = log
        self.now = now
    }

    /// Answers one request of a storage client.
    ///
    /// - Throws: What reading the body throws: then there is nobody to answer.
    public func respond(to request: HTTPRequest, body: any HTTPRequestBody) async throws -> HTTPResponse {
        let id = UUID().uuidString.lowercased()
        let parsed = Result { try StorageRequest(request) }
        var response: HTTPResponse
        do {
            response = try await answer(parsed.get(), body)
        } catch let failure as BodyFailure {
            throw failure.cause
        } catch {
            response = tell(error, request, id)
        }
        stamp(&response, for: request, id: id, version: Self.version(of: request, parsed))
        return response
    }

    /// The version that the answer names: the client's own, if it is one.
    private static func version(of request: HTTPRequest, _ parsed: Result<StorageRequest, any Error>) -> String {
        if let named = try? parsed.get().version() { return named }
        return request.fields["x-ms-version"].flatMap { StorageRequest.isVersion($0) ? $0 : nil } ?? version
    }

    private func answer(_ request: StorageRequest, _ body: any HTTPRequestBody) async throws -> HTTPResponse {
        _ = try request.version()
        let type = try Routes.operation(for: request)
        let caller = try authenticator.caller(of: request)
        let operation = try type.init(request)
        try await authorise(caller, operation.access, request)
        let context = OperationContext(store: store, caller: caller, body: CheckedBody(body)) { [self] source in
            if caller == .owner, source.account == request.account { return }
            try await authorise(authenticator.caller(of: source), .readBlob, source)
        }
        return try await operation.run(context)
    }

    /// Throws unless the caller may do it; the only place that decides.
    private func authorise(_ caller: Caller, _ access: RequiredAccess, _ request: StorageRequest) async throws {
        guard caller == .anonymous else { return try caller.check(access) }
        guard let openness = access.openness else {
            throw StorageError(
                .authenticationFailed,
                details: [
                    "AuthenticationErrorDetail": "The request has neither an Authorization field nor a signature."
                ])
        }
        let container: ContainerAddress
        switch request.resource {
        case .service: throw StorageError(.resourceNotFound)
        case .container(let address): container = address
        case .blob(let address): container = address.container
        }
        guard let found = try await self.openness(of: container), found == .container || found == openness else {
            // Whether a closed container exists is nobody's business.
            throw StorageError(.resourceNotFound)
        }
    }

    private func openness(of container: ContainerAddress) async throws -> PublicAccess? {
        do {
            return try await store.properties(of: container).access
        } catch let error as StorageError where error.code == .containerNotFound {
            return nil
        }
    }

    private func stamp(_ response: inout HTTPResponse, for request: HTTPRequest, id: String, version: String) {
        response.fields["Server"] = "Darkroom"
        response.fields["x-ms-request-id"] = id
        response.fields["x-ms-version"] = version
        guard let clientID = request.fields["x-ms-client-request-id"], clientID.utf8.count <= 1_024,
            clientID.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return }
        response.fields["x-ms-client-request-id"] = clientID
    }

    /// The answer that tells the caller of a failure; one that is the server's own is also told to the log.
    private func tell(_ error: any Error, _ request: HTTPRequest, _ id: String) -> HTTPResponse {
        let answer = ErrorAnswer.storageError(for: error)
        if answer.code == .internalError {
            log(
                .error, "A storage request failed",
                ["method": request.method.rawValue, "path": request.path, "request": id, "reason": "\(error)"])
        }
        var response = ErrorAnswer.response(answer, id: id, time: now(), isHead: request.method == .head)
        if let failure = error as? RangeBehindEnd { response.fields["Content-Range"] = "bytes */\(failure.length)" }
        return response
    }
}

/// The peer went away or broke the framing while the body was read.
struct BodyFailure: Error {
    let cause: any Error
}

/// A body whose failures are told apart from the server's own.
private final class CheckedBody: HTTPRequestBody {
    private let body: any HTTPRequestBody

    init(_ body: any HTTPRequestBody) { self.body = body }

    var length: Int64? { body.length }

    func read(upTo limit: Int) async throws -> [UInt8] {
        do {
            return try await body.read(upTo: limit)
        } catch {
            throw BodyFailure(cause: error)
        }
    }
}
