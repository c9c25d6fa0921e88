// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The header fields that a blob is served with.
public struct ContentHeaders: Sendable, Equatable {
    /// What a blob is when nobody said.
    public static let defaultType = "application/octet-stream"

    /// `Content-Type`.
    public var type: String?
    /// `Content-Encoding`; the bytes are served as stored.
    public var encoding: String?
    /// `Content-Language`.
    public var language: String?
    /// `Content-Disposition`.
    public var disposition: String?
    /// `Cache-Control`.
    public var cacheControl: String?
    /// The 16 bytes of the whole content's MD5.
    public var md5: [UInt8]?

    /// Nothing but a type.
    public init(type: String? = nil) { self.type = type }
}
