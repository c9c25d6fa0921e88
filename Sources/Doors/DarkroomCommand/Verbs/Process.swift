// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import FoundationEssentials
import Imaging

/// `darkroom process`: pictures in folders become renditions and a table, without a server.
struct Process: Verb {
    static let name = "process"
    static let summary = "measure and resize pictures in a folder, without a server"
    static let help = """
        Measures pictures and writes their renditions into a folder. Needs no server and keeps no data.

        Usage: darkroom process PATH... --out FOLDER [options]

          PATH               pictures, or folders that are searched for files
          --out FOLDER       where renditions go: FOLDER/<rendition>/<name>; never searched for pictures itself
          --renditions JSON  what to make, as a list of plans; default: thumbnail and web
          --format FORMAT    the table on standard output: text (default), json or csv
          --json             the same as --format json
          --quiet            no progress bar

        A plan: { name, fit: "inside"|"cover", width, height, format: "jpeg"|"png"|"webp"|"avif",
                  quality, maxKB, progressive, enlarge }

        Examples:
          darkroom process holiday --out small
          darkroom process a.heic b.png --out web --json
          darkroom process in --out out --renditions '[{ name: "full", format: "jpeg", quality: 85 }]'

        \(ExitStatus.help)
        """

    enum Format: String, CaseIterable {
        case text, json, csv
    }

    private let paths: [String]
    private let folder: String
    private let plans: [RenditionPlan]
    private let format: Format
    private let quiet: Bool

    init(_ arguments: inout Arguments) throws {
        let json = arguments.flag("--json")
        quiet = arguments.flag("--quiet", "-q")
        let named = try arguments.value("--format")
        guard let format = Format(rawValue: json ? "json" : named ?? "text") else {
            throw CommandFailure.usage("--format is text, json or csv, not \"\(named ?? "")\"")
        }
        self.format = format
        plans = try arguments.value("--renditions").map(readRenditionPlans) ?? RenditionPlan.defaults
        guard let folder = try arguments.value("--out") else { throw CommandFailure.usage("--out FOLDER is missing") }
        self.folder = folder
        paths = try arguments.finish()
        if paths.isEmpty { throw CommandFailure.usage("name at least one picture or folder") }
    }

    func run() async throws -> ExitStatus {
        let files = try LocalFile.find(in: paths, exceptBelow: folder)
        let work = PictureFolder(plans: plans, folder: folder)
        let bar = ProgressBar(total: files.count, bytes: files.reduce(0) { $0 + $1.size }, quiet: quiet)
        let results = try await work.process(files) { file in
            bar.advance(items: 1, bytes: file.size, label: file.name)
        }
        bar.finish()
        print(try ProcessReport(results).text(as: format))
        return results.allSatisfy { $0.trouble == nil } ? .done : .failed
    }
}
