// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Mail
import Notifications
import Peers
import Synchronization
import Testing

private func picture(_ fileName: String = "cat.jpg") -> PictureNews {
    var picture = PictureNews(fileName: fileName, place: "images-input/holiday/\(fileName)", bytes: 5_452_595)
    picture.width = 4000
    picture.height = 3000
    picture.format = "JPEG"
    picture.user = "vendor 7"
    picture.runID = "run-1"
    var thumbnail = PictureNews.Rendition(name: "thumbnail", link: "https://example.com/thumbnails/cat.jpg")
    thumbnail.width = 100
    thumbnail.height = 75
    thumbnail.bytes = 3_584
    picture.renditions = [thumbnail]
    return picture
}

private let torn = NoticeReason(code: "truncated", sentence: "The file ends in the middle of the picture.")

private func notice(_ news: Notice.News, key: String = "run-1") -> Notice {
    Notice(key: key, time: Date(timeIntervalSince1970: 1_795_161_783), news: news)
}

struct NoticeTextTests {
    @Test func tellsOfAPictureThatIsReady() {
        let text = NoticeText(notice(.processed(picture())))
        #expect(text.subject == "cat.jpg is ready")
        #expect(
            text.body == """
                cat.jpg was measured and is ready in 1 rendition.

                  Picture: images-input/holiday/cat.jpg
                  Pixels: 4000 × 3000
                  Size: 5.2 MB
                  Format: JPEG
                  Uploaded by: vendor 7

                Renditions

                  thumbnail: 100 × 75, 3.5 KB
                  https://example.com/thumbnails/cat.jpg

                More about this run: darkroom runs show run-1

                """)
    }

    @Test func tellsWhyAPictureFailedAndWhatToDo() {
        let news = PictureNews(fileName: "torn.jpg", place: "images-input/torn.jpg", bytes: 900)
        let text = NoticeText(notice(.failed(news, torn)))
        #expect(text.subject == "torn.jpg could not be processed (truncated)")
        #expect(
            text.body == """
                torn.jpg could not be processed.

                The file ends in the middle of the picture.

                  Picture: images-input/torn.jpg
                  Size: 900 bytes
                  Reason: truncated

                The original is kept where it is. Upload a corrected file under the same name, or try again
                from the list of runs.

                """)
    }

    @Test func tellsOfABatchAndItsFailures() {
        let failures = (1...3).map { BatchNews.Failure(fileName: "torn-\($0).jpg", reason: torn) }
        let batch = BatchNews(name: "images-input", processed: 1, failed: 5, failures: failures, seconds: 83.4)
        let text = NoticeText(notice(.batch(batch)))
        #expect(text.subject == "Batch in images-input: 1 picture ready, 5 failed")
        #expect(
            text.body == """
                The batch in images-input is through after 1 min 23 s: 1 picture ready, 5 failed.

                Not processed

                  torn-1.jpg: The file ends in the middle of the picture.
                  torn-2.jpg: The file ends in the middle of the picture.
                  torn-3.jpg: The file ends in the middle of the picture.
                  and 2 more

                """)
    }

    @Test func doesNotSpeakOfFailuresWithoutAny() {
        let batch = BatchNews(name: "in", processed: 20, failed: 0, failures: [], seconds: 3700)
        let text = NoticeText(notice(.batch(batch)))
        #expect(text.subject == "Batch in in: 20 pictures ready")
        #expect(text.body == "The batch in in is through after 1 h 1 min: 20 pictures ready.\n")
    }

    @Test func listsNoMoreFailuresThanAPersonReads() {
        let failures = (1...1000).map { BatchNews.Failure(fileName: "\($0).jpg", reason: torn) }
        let batch = BatchNews(name: "in", processed: 0, failed: 1000, failures: failures, seconds: 1)
        let text = NoticeText(notice(.batch(batch)))
        #expect(text.body.contains("  50.jpg:"))
        #expect(!text.body.contains("  51.jpg:"))
        #expect(text.body.contains("  and 950 more\n"))
    }

    @Test(arguments: [
        "a\r\nBcc: x@example.com.jpg", "a\u{2028}b.jpg", "a\u{202e}gpj.exe", "\u{0}", "\u{1b}[31mred.jpg",
        String(repeating: "日", count: 5000), "a" + String(repeating: "\u{301}", count: 5000), "👩‍👩‍👧‍👦.jpg",
        "=?utf-8?B?eA==?=",
    ])
    func tamesWhateverNameAnUploaderChose(name: String) throws {
        for news in [Notice.News.processed(picture(name)), .failed(picture(name), torn)] {
            let text = NoticeText(notice(news))
            _ = try MailText(subject: text.subject, body: text.body)
            #expect(text.subject.utf8.count <= 400)
            #expect(text.body.utf8.count < 20_000)
            #expect(!text.body.contains("\nBcc"))
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct MailNotifierTests {
    private final class Transport: MailTransport {
        let sent = Mutex<[MailMessage]>([])
        func send(_ message: MailMessage) async throws { sent.withLock { $0.append(message) } }
    }

    private let sender: MailAddress
    private let ops: MailAddress
    private let sales: MailAddress

    init() throws {
        sender = try MailAddress("Darkroom <darkroom@example.com>")
        ops = try MailAddress("ops@example.com")
        sales = try MailAddress("Sales <sales@example.com>")
    }

    @Test func sendsTheSameMailForTheSameNotice() async throws {
        let transport = Transport()
        let notifier = try MailNotifier(from: sender, to: [ops, sales], by: transport)
        try await notifier.notify(notice(.failed(picture(), torn)))
        try await notifier.notify(notice(.failed(picture(), torn)))
        let mails = transport.sent.withLock { $0 }
        #expect(mails.count == 2)
        #expect(mails[0] == mails[1])
        #expect(mails[0].recipients == [ops, sales])
        #expect(mails[0].text.subject == "cat.jpg could not be processed (truncated)")
    }

    @Test func tellsNoticesAndRecipientsApart() async throws {
        let transport = Transport()
        for (recipient, key) in [(ops, "run-1"), (sales, "run-1"), (ops, "run-2")] {
            try await MailNotifier(from: sender, to: [recipient], by: transport)
                .notify(notice(.processed(picture()), key: key))
        }
        #expect(Set(transport.sent.withLock { $0.map(\.id) }).count == 3)
    }

    @Test func filesOneMailHoweverOftenANoticeIsSent() async throws {
        try await withTemporaryFolder { folder in
            let notifier = try MailNotifier(from: sender, to: [ops], by: MailOutbox(folder: folder))
            for _ in 0..<3 { try await notifier.notify(notice(.processed(picture()))) }
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.count == 1)
            let mail = try String(contentsOf: URL(filePath: "\(folder)/\(files[0])"), encoding: .utf8)
            #expect(mail.contains("Subject: cat.jpg is ready\r\n"))
        }
    }

    @Test func refusesToWriteToNobody() {
        #expect(throws: NotificationError.self) { try MailNotifier(from: sender, to: [], by: Transport()) }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct NoticeRouterTests {
    private final class Recorder: Notifier {
        let heard = Mutex<[String]>([])
        func notify(_ notice: Notice) async throws { heard.withLock { $0.append(notice.key) } }
    }

    @Test func passesOnWhatEachRouteAskedFor() async throws {
        let ops = Recorder()
        let sales = Recorder()
        let router = try NoticeRouter([
            NoticeRoute(name: "ops", on: [.failed, .batch], by: ops),
            NoticeRoute(name: "sales", on: [.processed, .batch], by: sales),
        ])
        #expect(router.routes(for: .failed) == ["ops"])
        #expect(router.routes(for: .processed) == ["sales"])
        #expect(router.routes(for: .batch) == ["ops", "sales"])
        try await router.send(notice(.failed(picture(), torn), key: "a"), by: "ops")
        #expect(ops.heard.withLock { $0 } == ["a"])
        #expect(sales.heard.withLock { $0 } == [])
    }

    @Test func refusesRoutesThatCannotBeToldApartOrHearNothing() throws {
        let route = NoticeRoute(name: "ops", on: [.failed], by: Recorder())
        #expect(throws: NotificationError.self) { try NoticeRouter([route, route]) }
        let deaf = NoticeRoute(name: "deaf", on: [], by: Recorder())
        #expect(throws: NotificationError.self) { try NoticeRouter([deaf]) }
    }

    @Test func saysWhenARouteIsGone() async throws {
        let router = try NoticeRouter([])
        await #expect(throws: NotificationError.self) {
            try await router.send(notice(.processed(picture())), by: "ops")
        }
    }

    @Test func travelsThroughHistoryUnchanged() throws {
        let batch = BatchNews(
            name: "in", processed: 1, failed: 1, failures: [.init(fileName: "a", reason: torn)], seconds: 1)
        for news in [Notice.News.processed(picture()), .failed(picture(), torn), .batch(batch)] {
            let bytes = try JSONEncoder().encode(notice(news))
            #expect(try JSONDecoder().decode(Notice.self, from: bytes) == notice(news))
        }
    }
}
