// Darkroom
// SPDX-License-Identifier: Apache-2.0

import ImageStores
public import Mail
public import Notifications

/// Who hears of a pipeline's pictures.
public struct NoticeRule: Sendable {
    /// What runs call it: the pipeline's name and its place in the list.
    public var name: String
    /// Who gets the mail.
    public var recipients: [MailAddress]
    /// Of which endings.
    public var events: Set<NoticeEvent>
}

extension NoticeRule {
    /// The endings that the pipeline tells of one by one.
    private static let offered: [NoticeEvent] = [.processed, .failed]

    fileprivate init(_ reader: SettingsReader, name: String) throws {
        let mail = try reader.required("mail", "who gets the mail: addresses with commas between them")
        let on = try reader.words("on", "which endings: processed, failed") ?? [NoticeEvent.failed.rawValue]
        let events = try on.map { word in
            guard let event = Self.offered.first(where: { $0.rawValue == word }) else {
                throw reader.wrong("on", "holds \"\(word)\", but may hold processed and failed", "which endings")
            }
            return event
        }
        self.init(name: name, recipients: try addresses(mail, reader), events: Set(events))
    }

    /// Whether it tells of a run that ended so.
    func tells(of status: ImageRecord.Status) -> Bool {
        switch status {
        case .processed: events.contains(.processed)
        case .failed: events.contains(.failed)
        case .gone: false
        }
    }
}

/// What a pipeline's `notify` says; mail for everybody who looks into the outbox when it says nothing.
func readNotices(_ reader: SettingsReader, of pipeline: String) throws -> [NoticeRule] {
    var count = 0
    let rules = try reader.list("notify", "a list of { mail, on }") { reader in
        count += 1
        return try NoticeRule(reader, name: "\(pipeline)-\(count)")
    }
    return try rules ?? [defaultRule(of: pipeline)]
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
