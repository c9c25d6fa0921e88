// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Large payloads have rows of their own.
///
/// Every other place holds a reference, and what leaves the hub has the text again. A reference is no JSON, so no
/// payload can be taken for one.
enum PayloadReference {
    private static let prefix = "payload:"

    /// The reference to a row.
    static func text(of row: String) -> String { prefix + row }

    /// The row that a text refers to; nil when it is a payload itself.
    static func row(in text: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }
}

extension EmbeddedTaskHub {
    /// Puts what is large into rows of the instance's own.
    func storingPayloads<Carrier: PayloadCarrying>(of carrier: Carrier, for id: String) async throws -> Carrier {
        let limit = configuration.inlinePayloadBytes
        guard carrier.payloads.contains(where: { $0.utf8.count > limit }) else { return carrier }
        return try await carrier.mapPayloads { try await self.storingPayload($0, for: id) ?? $0 }
    }

    /// The reference to a text that is large, else the text.
    func storingPayload(_ text: String?, for id: String) async throws -> String? {
        guard let text, text.utf8.count > configuration.inlinePayloadBytes,
            text.utf8.count <= configuration.maximumPayloadBytes
        else { return text }
        return PayloadReference.text(of: try await asMember { try await store.putPayload(text, for: id) })
    }

    /// Puts the texts where there are references.
    func resolvingPayloads<Carrier: PayloadCarrying>(of carrier: Carrier) async throws -> Carrier {
        guard carrier.payloads.contains(where: { PayloadReference.row(in: $0) != nil }) else { return carrier }
        return try await carrier.mapPayloads { try await self.resolvingPayload($0) ?? $0 }
    }

    /// The text behind a reference, or the text itself.
    ///
    /// - Throws: ``TaskHubError`` `corrupt` when the row is gone.
    func resolvingPayload(_ text: String?) async throws -> String? {
        guard let text, let row = PayloadReference.row(in: text) else { return text }
        guard let payload = try await store.payload(row) else {
            throw TaskHubError(.corrupt, "a large payload is missing from the store (\(row))")
        }
        return payload
    }

    /// An instance with its texts.
    func resolvingPayloads(of status: InstanceStatus) async throws -> InstanceStatus {
        var status = status
        status.input = try await resolvingPayload(status.input)
        status.output = try await resolvingPayload(status.output)
        return status
    }
}
