// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What the service answers when it does not do what it was asked for.
///
/// The code says what failed, in the service's own words; the message says why and what to do.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// A further element of the error's body.
    public struct Detail: Sendable, Equatable {
        /// The element's name, such as `HeaderName`.
        public let name: String
        /// Its text.
        public let value: String
    }

    /// What failed.
    public let code: StorageErrorCode
    /// Why, and what to do; never a secret.
    public let message: String
    /// Further elements, in order.
    public let details: [Detail]

    /// An error with the code's own message, or a closer one.
    public init(
        _ code: StorageErrorCode, _ message: String? = nil, details: KeyValuePairs<String, String> = [:]
    ) {
        self.code = code
        self.message = message ?? code.message
        self.details = details.map { Detail(name: $0.key, value: $0.value) }
    }

    /// A header field has a value that cannot be.
    public static func invalidHeader(_ name: String, _ value: String) -> StorageError {
        StorageError(.invalidHeaderValue, details: ["HeaderName": name, "HeaderValue": value])
    }

    /// A query parameter has a value that cannot be.
    public static func invalidQuery(_ name: String, _ value: String, _ reason: String? = nil) -> StorageError {
        StorageError(
            .invalidQueryParameterValue,
            details: ["QueryParameterName": name, "QueryParameterValue": value, "Reason": reason ?? "Invalid value."])
    }

    /// Something the service has and this server does not.
    public static func notImplemented(_ what: String) -> StorageError {
        StorageError(.notImplemented, "\(what) is not implemented by this server.")
    }

    /// Whether the same request may succeed later.
    public var isRetriable: Bool { code == .serverBusy || code == .operationTimedOut }

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}
