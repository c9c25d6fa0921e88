// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import ImageStores
public import Mail

/// Who hears of a pipeline's pictures.
public struct NoticeRule: Sendable {
    /// What runs call it: the pipeline's name and its place in the list.
    public var name: String
    /// Who gets the mail.
    public var recipients: [MailAddress]
    /// Of which endings.
    public var events: Set<ImageRecord.Status>
}

/// The words of `on`.
private let events: [String: ImageRecord.Status] = ["processed": .processed, "failed": .failed]

/// What a pipeline's `notify` says; mail for everybody who looks into the outbox when it says nothing.
func readNotices(_ reader: SettingsReader, of pipeline: String) throws -> [NoticeRule] {
    let rules = try reader.list("notify", "a list of { mail, on }") { reader in
        let mail = try reader.required("mail", "who gets the mail: addresses with commas between them")
        let on = try reader.words("on", "which endings: processed, failed") ?? ["failed"]
        for word in on where events[word] == nil {
            throw reader.wrong("on", "holds \"\(word)\", but may hold processed and failed", "which endings")
        }
        return NoticeRule(
            name: "", recipients: try addresses(mail, reader), events: Set(on.compactMap { events[$0] }))
    }
    guard let rules else { return [try defaultRule(of: pipeline)] }
    return rules.enumerated().map { index, rule in
        NoticeRule(name: "\(pipeline)-\(index + 1)", recipients: rule.recipients, events: rule.events)
    }
}

/// What a pipeline without `notify` has.
func defaultRule(of pipeline: String) throws -> NoticeRule {
    NoticeRule(
        name: "\(pipeline)-1", recipients: [try MailAddress(address: "operator@localhost")],
        events: [.processed, .failed])
}

private func addresses(_ text: String, _ reader: SettingsReader) throws -> [MailAddress] {
    do {
        return try text.split(separator: ",").map { try MailAddress(String($0)) }
    } catch {
        throw reader.wrong("mail", "holds what is no address: \(error)", "who gets the mail")
    }
}
