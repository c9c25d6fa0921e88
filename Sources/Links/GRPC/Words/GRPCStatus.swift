// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How a call ended; thrown when it did not end well, by handlers as well as to callers.
///
/// The codes are those of the gRPC specification. Trying again may help with ``Code/unavailable``, and with
/// ``Code/resourceExhausted`` and ``Code/aborted`` where the service says so.
public struct GRPCStatus: Error, Sendable, Hashable, CustomStringConvertible {
    /// The codes of the specification; the raw value goes over the wire.
    public enum Code: Int, Sendable, CaseIterable {
        /// Nothing is wrong.
        case ok = 0
        /// The caller has given up.
        case cancelled = 1
        /// An error that says nothing about its kind.
        case unknown = 2
        /// The request makes no sense, whatever the state of the service.
        case invalidArgument = 3
        /// The time was over before the answer came; the work may be done all the same.
        case deadlineExceeded = 4
        /// There is no such thing.
        case notFound = 5
        /// The thing to create is there already.
        case alreadyExists = 6
        /// The caller may not do this.
        case permissionDenied = 7
        /// A limit was met.
        case resourceExhausted = 8
        /// The service is not in the state that the request needs.
        case failedPrecondition = 9
        /// Another call came in between.
        case aborted = 10
        /// The request goes beyond what there is.
        case outOfRange = 11
        /// There is no such method.
        case unimplemented = 12
        /// One side broke the rules.
        case internalError = 13
        /// The service cannot be reached now.
        case unavailable = 14
        /// Data is lost or damaged.
        case dataLoss = 15
        /// The caller has not shown who it is.
        case unauthenticated = 16
    }

    /// How the call ended.
    public var code: Code
    /// What happened, for people.
    public var message: String
    /// What came, or is to be sent, behind the messages.
    public var trailers: GRPCMetadata

    /// A status.
    public init(_ code: Code, _ message: String = "", trailers: GRPCMetadata = [:]) {
        self.code = code
        self.message = message
        self.trailers = trailers
    }

    /// All is well.
    public static let ok = GRPCStatus(.ok)

    /// The code, and the message if there is one.
    public var description: String { message.isEmpty ? "gRPC \(code)" : "gRPC \(code): \(message)" }
}
