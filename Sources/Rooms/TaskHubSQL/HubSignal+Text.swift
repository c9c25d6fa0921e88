// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// A signal as the text of a notification: a letter, then parts between tabs.
extension HubSignal {
    /// The channel that members listen to.
    static let channel = "darkroom_hub"

    /// PostgreSQL takes payloads of less than 8,000 bytes.
    private static let mostBytes = 7_999

    /// What is sent: the text, or, should it be too long or not be read as it was meant, that something was missed.
    var payload: String {
        let text = text
        return text.utf8.count <= Self.mostBytes && HubSignal(text: text) == self ? text : Self.missed.text
    }

    var text: String {
        switch self {
        case .news(let news, let owner): "n\t\(owner)\t\(news.workName.text)\t\(news.id)"
        case .tasks(let name, let priority): "t\t\(priority)\t\(name.text)"
        case .ended(let id): "e\t\(id)"
        case .cancelled(let id): "c\t\(id)"
        case .missed: "m"
        }
    }

    /// The signal of a text; nil when it is none.
    init?(text: String) {
        let parts = text.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("n", 4):
            guard let owner = Int64(parts[1]) else { return nil }
            let name = WorkName(text: parts[2])
            self = .news(InstanceNews(id: parts[3], name: name.name, version: name.version), owner: owner)
        case ("t", 3...):
            guard let priority = Int(parts[1]) else { return nil }
            self = .tasks(WorkName(text: parts.dropFirst(2).joined(separator: "\t")), priority: priority)
        case ("e", 2...): self = .ended(id: parts.dropFirst().joined(separator: "\t"))
        case ("c", 2...): self = .cancelled(id: parts.dropFirst().joined(separator: "\t"))
        case ("m", 1): self = .missed
        default: return nil
        }
    }
}
