// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import FoundationEssentials

/// `darkroom runs list|show|retry`.
struct Runs: Verb {
    static let name = "runs"
    static let summary = "list what happened to pictures, show one run, or try one again"
    static let help = """
        Shows runs: one for each uploaded version of a picture.

        Usage: darkroom runs list [options]
               darkroom runs show ID [options]
               darkroom runs retry ID... | --failed [options]

          ID                 a run's id, from "runs list" or "images show"
          --status STATUS    pending, running, completed, failed or terminated
          --failed           retry: every failed run
          --limit N          at most so many; default 50
          --data FOLDER      the server's data folder; default ./darkroom-data
          --json             print JSON

        Examples:
          darkroom runs list --status failed
          darkroom runs show picture-0f3c…
          darkroom runs retry picture-0f3c…
          darkroom runs retry --failed

        \(ExitStatus.help)
        """

    private enum Action {
        case list(RunQuery)
        case show(String)
        case retry([String])
        case retryFailed
    }

    private let action: Action
    private let json: Bool
    private let folder: DataFolder

    init(_ arguments: inout Arguments) throws {
        json = arguments.flag("--json")
        folder = try dataFolder(&arguments)
        let failed = arguments.flag("--failed")
        var query = RunQuery()
        query.limit = try arguments.number("--limit", default: 50, in: 1...10_000_000)
        query.status = try arguments.value("--status")
        let words = try arguments.finish()
        switch (words.first, words.count) {
        case ("list", 1): action = .list(query)
        case ("show", 2): action = .show(words[1])
        case ("retry", 1) where failed: action = .retryFailed
        case ("retry", 2...) where !failed: action = .retry(Array(words.dropFirst()))
        default: throw CommandFailure.usage("say \"runs list\", \"runs show ID\" or \"runs retry ID\"")
        }
    }

    func run() async throws -> ExitStatus {
        try await asOperator(of: folder) { operators in
            switch action {
            case .list(let query):
                let listing = try await operators.allRuns(query)
                print(json ? try encodeJSON(listing) : table(listing.runs))
            case .show(let id):
                let detail = try await operators.run(id)
                print(json ? try encodeJSON(detail) : describe(detail))
            case .retry(let ids): try await retry(ids, operators)
            case .retryFailed:
                var query = RunQuery()
                query.status = "failed"
                query.limit = .max
                try await retry(try await operators.allRuns(query).runs.map(\.id), operators)
            }
        }
        return .done
    }

    private func retry(_ ids: [String], _ operators: any Operator) async throws {
        for id in ids { try await operators.retry(id) }
        print(
            json
                ? try encodeJSON(["retried": ids])
                : "\(ids.count) \(ids.count == 1 ? "run starts" : "runs start") again")
    }

    private func table(_ runs: [RunSummary]) -> String {
        if runs.isEmpty { return "no runs" }
        var table = Table([
            .init(heading: "run"), .init(heading: "started"), .init(heading: "status"), .init(heading: "picture"),
            .init(heading: "outcome or reason"),
        ])
        for run in runs {
            table.add([
                run.id, run.createdAt.formatted(.iso8601), run.status, run.picture ?? "",
                run.reason ?? run.outcome ?? "",
            ])
        }
        return table.text
    }

    private func describe(_ detail: RunDetail) -> String {
        let run = detail.run
        var lines: [(String, String?)] = [
            ("run", run.id), ("picture", run.picture), ("status", run.status), ("outcome", run.outcome),
            ("reason", run.reason), ("message", run.message), ("started", run.createdAt.formatted(.iso8601)),
            ("ended", run.endedAt?.formatted(.iso8601)),
        ]
        lines += detail.steps.map {
            ($0.time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)), $0.text)
        }
        lines += detail.waits.map { ("waits", $0) }
        return lines.compactMap { name, value in value.map { "\(name.padded(to: 26))\($0)" } }.joined(separator: "\n")
    }
}
