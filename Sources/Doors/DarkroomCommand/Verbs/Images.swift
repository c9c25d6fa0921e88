// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Darkroom
import ImageStores

/// `darkroom images list|show`.
struct Images: Verb {
    static let name = "images"
    static let summary = "list the records of pictures, or show one"
    static let help = """
        Shows what is recorded about pictures: their measures, renditions and reasons.

        Usage: darkroom images list [options]
               darkroom images show NAME [options]

          NAME               a picture's name, container/name or account/container/name
          --status STATUS    processed or failed
          --search TEXT      part of the name
          --container NAME   in this container
          --limit N          at most so many; default 50
          --data FOLDER      the server's data folder; default ./darkroom-data
          --json             print JSON

        Examples:
          darkroom images list
          darkroom images list --status failed --json
          darkroom images show cat.jpg

        \(ExitStatus.help)
        """

    private enum Action {
        case list(ImageQuery)
        case show(String)
    }

    private let action: Action
    private let json: Bool
    private let folder: DataFolder

    init(_ arguments: inout Arguments) throws {
        json = arguments.flag("--json")
        folder = try dataFolder(&arguments)
        var query = ImageQuery(limit: try arguments.number("--limit", default: 50, in: 1...1_000_000))
        query.filter.text = try arguments.value("--search")
        query.filter.container = try arguments.value("--container")
        if let text = try arguments.value("--status") {
            guard let status = ImageRecord.Status(rawValue: text) else {
                throw CommandFailure.usage("--status is processed or failed, not \"\(text)\"")
            }
            query.filter.status = status
        }
        let words = try arguments.finish()
        switch (words.first, words.count) {
        case ("list", 1): action = .list(query)
        case ("show", 2): action = .show(words[1])
        default: throw CommandFailure.usage("say \"images list\" or \"images show NAME\"")
        }
    }

    func run() async throws -> ExitStatus {
        try await asOperator(of: folder) { operators in
            switch action {
            case .list(let query): try await list(query, operators)
            case .show(let name): try await show(name, operators)
            }
        }
        return .done
    }

    private func list(_ query: ImageQuery, _ operators: any Operator) async throws {
        let listing = try await operators.allImages(query)
        print(json ? try encodeJSON(listing) : imageTable(listing.images))
    }

    private func show(_ name: String, _ operators: any Operator) async throws {
        let record = try await operators.image(named: name)
        print(json ? try encodeJSON(record) : describe(record))
    }
}

/// The user's five columns first, then what became of each.
func imageTable(_ images: [ImageRecord]) -> String {
    if images.isEmpty { return "no pictures yet" }
    var table = Table([
        .init(heading: "file_name"), .init(heading: "file_size_kb", isNumber: true),
        .init(heading: "width", isNumber: true), .init(heading: "height", isNumber: true), .init(heading: "format"),
        .init(heading: "status"), .init(heading: "renditions or reason"),
    ])
    for image in images {
        let renditions = image.renditions.map { "\($0.name) \(formatBytes($0.bytes))" }.joined(separator: ", ")
        table.add([
            image.fileName, formatNumber(image.sizeInKB, places: 2), image.facts.map { "\($0.width)" } ?? "",
            image.facts.map { "\($0.height)" } ?? "", image.facts?.format ?? "", image.status.rawValue,
            image.reason.map { "\($0.code): \($0.sentence)" } ?? renditions,
        ])
    }
    return table.text
}

private func describe(_ record: ImageRecord) -> String {
    var lines: [(String, String?)] = [
        ("picture", record.key.id), ("status", record.status.rawValue),
        ("reason", record.reason.map { "\($0.code): \($0.sentence)" }), ("size", formatBytes(record.sizeInBytes)),
        ("sha256", record.sha256), ("user", record.user),
    ]
    if let facts = record.facts {
        lines += [
            ("measures", "\(facts.width) × \(facts.height) \(facts.format)"), ("taken at", facts.takenAt),
            ("camera", facts.camera), ("place", facts.place.map { "\($0.latitude), \($0.longitude)" }),
            ("orientation", facts.orientation.map { "\($0)" }), ("colours", facts.colourSpace),
            ("frames", facts.frames.map { "\($0)" }), ("dominant", facts.dominantColour), ("blurhash", facts.blurhash),
        ]
    }
    lines += record.renditions.map {
        ($0.name, "\($0.container)/\($0.blob)  \($0.width) × \($0.height) \($0.format) \(formatBytes($0.bytes))")
    }
    lines.append(("run", record.runID))
    return lines.compactMap { name, value in value.map { "\(name.padded(to: 12))\($0)" } }.joined(separator: "\n")
}
