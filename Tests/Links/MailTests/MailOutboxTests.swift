// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Mail
import Peers
import Testing

@Suite(.timeLimit(.minutes(5)))
struct MailOutboxTests {
    @Test func writesAMailThatIsThereOnceHoweverOftenItIsSent() async throws {
        try await withTemporaryFolder { folder in
            let outbox = MailOutbox(folder: folder)
            let message = try mail("żółta łódź")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await outbox.send(message) } }
                try await group.waitForAll()
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.count == 1)
            #expect(files.first?.hasSuffix(".eml") == true)
            #expect(try Array(Data(contentsOf: URL(filePath: outbox.path(of: message.id)))) == message.bytes)
        }
    }

    @Test func replacesWhatACrashLeft() async throws {
        try await withTemporaryFolder { folder in
            let outbox = MailOutbox(folder: folder)
            let message = try mail()
            let name = URL(filePath: outbox.path(of: message.id)).lastPathComponent
            try Data(repeating: 0, count: 100_000).write(to: URL(filePath: "\(folder)/.\(name).part"))
            try await outbox.send(message)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
            #expect(try Array(Data(contentsOf: URL(filePath: outbox.path(of: message.id)))) == message.bytes)
        }
    }

    @Test func saysWhatCannotBeWritten() async throws {
        let outbox = MailOutbox(folder: "/nonexistent/outbox")
        let error = await #expect(throws: MailError.self) { try await outbox.send(mail()) }
        #expect(error?.code == .storage)
        #expect(error?.message.contains("/nonexistent/outbox") == true)
    }
}
