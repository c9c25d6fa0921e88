// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

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

/// References in the place of large texts, and the rows that they refer to: these are stored by the transaction that
/// stores the references, or never.
struct Referring<Carrier> {
    var carrier: Carrier
    var payloads: [NewPayload] = []
}

extension Referring: Sendable where Carrier: Sendable {}

extension EmbeddedTaskHub {
    /// Gives what is large rows of its own.
    func referring<Carrier: PayloadCarrying>(to carrier: Carrier) async -> Referring<Carrier> {
        let limit = configuration.inlinePayloadBytes
        guard carrier.payloads.contains(where: { $0.utf8.count > limit }) else { return Referring(carrier: carrier) }
        var payloads: [NewPayload] = []
        let referring = await carrier.mapPayloads { text in
            let (text, payload) = reference(to: text)
            if let payload { payloads.append(payload) }
            return text
        }
        return Referring(carrier: referring, payloads: payloads)
    }

    /// The same for a single text.
    func referring(to text: String?) -> Referring<String?> {
        guard let text else { return Referring(carrier: nil) }
        let (reference, payload) = reference(to: text)
        return Referring(carrier: reference, payloads: payload.map { [$0] } ?? [])
    }

    private func reference(to text: String) -> (text: String, payload: NewPayload?) {
        guard text.utf8.count > configuration.inlinePayloadBytes, text.utf8.count <= configuration.maximumPayloadBytes
        else { return (text, nil) }
        let payload = NewPayload(row: UUID().uuidString, text: text)
        return (PayloadReference.text(of: payload.row), payload)
    }

    /// Puts the texts where there are references.
    ///
    /// - Parameter payloads: Those that are not stored yet.
    func resolvingPayloads<Carrier: PayloadCarrying>(
        of carrier: Carrier, knowing payloads: [NewPayload] = []
    ) async throws -> Carrier {
        guard carrier.payloads.contains(where: { PayloadReference.row(in: $0) != nil }) else { return carrier }
        return try await carrier.mapPayloads { text in
            let known = payloads.first { PayloadReference.row(in: text) == $0.row }
            if let known { return known.text }
            return try await self.resolvingPayload(text) ?? text
        }
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

    /// An entity with its state; read again when another state has taken its place meanwhile, and its row is gone.
    ///
    /// - Returns: nil when the entity is gone.
    func resolvingState(of status: EntityStatus) async throws -> EntityStatus? {
        var found: EntityStatus? = status
        while var status = found {
            do {
                status.state = try await resolvingPayload(status.state)
                return status
            } catch let error as TaskHubError where error.code == .corrupt {
                found = try await store.entity(status.instanceID)?.status(includesState: true)
                if found?.state == status.state { throw error }
            }
        }
        return nil
    }
}

extension HubDraft {
    /// Stores large payloads that an instance refers to.
    mutating func keep(_ payloads: [NewPayload], for id: String) {
        changes.payloads += payloads
        changes.payloadUses += payloads.map { PayloadUse(row: $0.row, instanceID: id) }
    }
}
