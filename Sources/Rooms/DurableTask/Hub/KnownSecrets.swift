// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Texts that no hub may store: keys, passwords, connection strings.
///
/// Histories are kept, shown and copied, so that a secret that got into one is no secret any more. A hub that knows
/// the secrets of its process refuses payloads that hold one and blots it out of failures. It finds a secret as it
/// stands and as JSON writes it, not one that is encoded otherwise or cut in two.
public struct KnownSecrets: Sendable, CustomStringConvertible {
    /// A shorter text occurs by chance.
    private static let shortest = 8
    private static let blot = "[secret]"

    /// How many there are.
    public let count: Int
    private let texts: [String]

    /// These secrets; those of fewer than eight bytes are not looked for.
    public init(_ secrets: some Sequence<String> = []) {
        let long = Set(secrets.filter { $0.utf8.count >= Self.shortest })
        count = long.count
        // Longer ones first: one may be part of another.
        texts = long.union(long.flatMap(Self.asJSON)).sorted { $0.utf8.count > $1.utf8.count }
    }

    /// How many there are, and none of them.
    public var description: String { "secrets: \(count)" }

    /// Whether one of them is part of a text.
    func occur(in text: String) -> Bool { texts.contains { text.utf8.contains($0.utf8) } }

    /// The text without them.
    func blotted(_ text: String) -> String {
        texts.reduce(text) { text, secret in
            text.utf8.contains(secret.utf8) ? text.replacing(secret, with: Self.blot) : text
        }
    }

    /// The failure without them.
    func blotted(_ failure: TaskFailure) -> TaskFailure {
        guard !texts.isEmpty else { return failure }
        var failure = failure
        failure.message = blotted(failure.message)
        failure.details = failure.details.mapValues(blotted)
        failure.cause = failure.cause.map(blotted)
        return failure
    }

    /// A text as it stands in JSON, where quotes are escaped, and slashes by some who write it.
    private static func asJSON(_ text: String) -> [String] {
        guard let quoted = try? Payload.encode(text) else { return [] }
        let escaped = String(quoted.dropFirst().dropLast())
        return [escaped, escaped.replacing("/", with: "\\/")]
    }
}
