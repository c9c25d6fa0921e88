// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Which entity: the kind it is of, and its own key.
///
/// The engine knows entities by their instance id, `@name@key` with the name in lower case. A key may hold anything,
/// further `@` included.
public struct EntityID: Sendable, Hashable {
    /// The kind, in lower case.
    public let name: String
    /// Tells the entities of a kind apart; case counts.
    public let key: String

    /// The entity of a kind and a key.
    ///
    /// - Parameter name: Not empty and without `@`.
    public init(_ name: String, _ key: String) {
        precondition(Self.isName(name), "an entity's name is not empty and has no @ in it: \"\(name)\"")
        self.name = name.lowercased()
        self.key = key
    }

    /// Reads an instance id; nil when it is not an entity's.
    public init?(instanceID: String) {
        guard instanceID.hasPrefix("@"), let end = instanceID.dropFirst().firstIndex(of: "@") else { return nil }
        let name = instanceID[instanceID.index(after: instanceID.startIndex)..<end]
        guard Self.isName(name) else { return nil }
        self.name = name.lowercased()
        key = String(instanceID[instanceID.index(after: end)...])
    }

    /// The id by which the engine knows it: `@name@key`.
    public var instanceID: String { "@\(name)@\(key)" }

    private static func isName(_ text: some StringProtocol) -> Bool { !text.isEmpty && !text.contains("@") }
}

extension EntityID: CustomStringConvertible {
    /// The instance id.
    public var description: String { instanceID }
}

extension EntityID: Codable {
    /// Reads an instance id.
    ///
    /// - Throws: `DecodingError` when the text is not an entity's instance id.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = EntityID(instanceID: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not an entity's id, as @name@key is")
        }
        self = id
    }

    /// Writes the instance id.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(instanceID)
    }
}
