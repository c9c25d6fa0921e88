// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import ImageStores
import Notifications
import Pipeline

/// Tells people how runs ended: each rule of the settings is a route, and one more is the server's own output.
struct PictureAnnouncer: Sendable {
    private let router: NoticeRouter
    private let blobEndpoint: String
    private let finished: @Sendable (ImageRecord) -> Void

    init(
        _ settings: Settings, blobEndpoint: String, finished: @escaping @Sendable (ImageRecord) -> Void
    ) throws {
        let transport = try settings.mail.transport()
        router = try NoticeRouter(
            settings.notices.map { rule in
                NoticeRoute(
                    name: rule.name, on: rule.events,
                    by: try MailNotifier(from: settings.mail.sender, to: rule.recipients, by: transport))
            })
        self.blobEndpoint = blobEndpoint
        self.finished = finished
    }

    func announce(_ ending: AnnouncePicture.Input) async throws {
        guard let route = ending.route else { return finished(ending.record) }
        guard let news = try news(of: ending.record) else { return }
        try await router.send(Notice(key: ending.key, time: ending.record.updatedAt, news: news), by: route)
    }

    private func news(of record: ImageRecord) throws -> Notice.News? {
        switch record.status {
        case .processed: .processed(try picture(record))
        case .failed: .failed(try picture(record), reason(record))
        case .gone: nil
        }
    }

    private func reason(_ record: ImageRecord) -> NoticeReason {
        NoticeReason(code: record.reason?.code ?? "unknown", sentence: record.reason?.sentence ?? "No reason is known.")
    }

    private func picture(_ record: ImageRecord) throws -> PictureNews {
        var news = PictureNews(
            fileName: record.fileName, place: "\(record.key.container)/\(record.key.name)", bytes: record.sizeInBytes)
        news.width = record.facts?.width
        news.height = record.facts?.height
        news.format = record.facts?.format
        news.user = record.user
        news.runID = record.runID
        news.renditions = try record.renditions.map { rendition in
            let place = "\(rendition.container)/\(try BlobName(rendition.blob).urlPath)"
            var link = PictureNews.Rendition(name: rendition.name, link: "\(blobEndpoint)/\(place)")
            link.width = rendition.width
            link.height = rendition.height
            link.bytes = rendition.bytes
            return link
        }
        return news
    }
}
