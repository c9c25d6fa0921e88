// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Telemetry
import Testing

/// Histories that earlier builds wrote.
///
/// Every later build must answer them the same way: ids, order, retries, clock.
struct GoldenHistoryTests {
    /// The orchestrators behind the fixtures; they must never change, new ones are added beside them.
    static var registry: TaskRegistry {
        var registry = TaskRegistry()
        registry.addOrchestration("picture") { (context: OrchestrationContext, input: Int) in
            try context.setCustomStatus("inspect")
            let facts = try await context.number("inspect", input)
            async let thumbnail = context.number("render", facts + 1)
            async let web = context.number("render", facts + 2, retry: RetryPolicy(maximumAttempts: 3))
            let renditions = try await [thumbnail, web]
            try await context.sleep(for: .milliseconds(1500))
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for rendition in renditions {
                    group.addTask { try await context.number("store", rendition) }
                }
                return try await group.reduce(0) { $0 * 10 + $1 }
            }
        }
        registry.addOrchestration("deadline") { (context: OrchestrationContext, seconds: Int) in
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await context.number("slow") }
                group.addTask {
                    try await context.sleep(for: .seconds(seconds))
                    throw TaskFailure(type: "Late", message: "\(context.newUUID())", isRetriable: false)
                }
                defer { group.cancelAll() }
                return try await group.next() ?? 0
            }
        }
        addCallers(to: &registry)
        addListeners(to: &registry)
        return registry
    }

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static let names = [
        "picture", "picture-failed", "picture-terminated", "deadline-late", "deadline-kept", "album", "album-failed",
        "approval-given", "approval-late", "approval-suspended", "rounds", "transfer", "transfer-terminated",
        "sharpened", "sharpened-before", "mended",
    ]

    /// How many episodes were answered by an orchestrator from before a change.
    private static let episodesBeforeChange = ["sharpened-before": 1]

    @Test(arguments: names)
    func everyEpisodeIsAnsweredAsItWas(_ name: String) throws {
        let file = Self.fixtures.appending(path: "\(name).json")
        let history = try HistoryText.decode(String(decoding: try Data(contentsOf: file), as: UTF8.self))
        // What stands before a rewinding is remembered, not answered again.
        let first = history.lastIndex { if case .executionRewound = $0.kind { true } else { false } } ?? 0
        let begins = history.indices.filter { $0 >= first && history[$0].kind == .orchestratorStarted }
        #expect(begins.count > 1)
        let episodes = zip(begins, begins.dropFirst() + [history.endIndex])
        for (begin, end) in episodes.dropFirst(Self.episodesBeforeChange[name] ?? 0) {
            let episode = history[begin..<end]
            let news = Array(episode.prefix { !$0.kind.recordsAction && HistoryNote($0.kind) == nil })
            let turn = Script.replay(Array(history[..<begin]), news, Self.registry)
            let recorded = Script.record(turn, at: history[begin].timestamp)
            #expect(recorded == Array(episode.dropFirst(news.count)))
        }
    }
}
