// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The files that are ours, and the package they make up.
struct Repository: Sendable {
    var textFiles: [TextFile] = []
    var swiftFiles: [SwiftFile] = []
    /// Every file and folder, from the root.
    var paths: Set<String> = []
    var targets: [PackageTarget] = []

    /// The folder that holds `Package.swift`.
    static let root = String(#filePath.dropLast("/Tests/TidyTests/Repository.swift".count))

    /// This repository, read once for all rules.
    static let here = Result { try Repository(root: root) }

    private static let ownFolders: Set<String> = [".ci"]
    private static let foreignFolders: Set<String> = ["darkroom-data", "demo-data", "__pycache__"]
    private static let textExtensions: Set<Substring> = [
        "swift", "c", "h", "modulemap", "md", "py", "sh", "lua", "json", "json5", "txt", "",
    ]

    /// A repository of the files given, for tests.
    init(files: KeyValuePairs<String, String>, targets: [PackageTarget] = []) {
        textFiles = files.map { TextFile($0.key, $0.value) }
        for file in textFiles {
            let parts = file.path.split(separator: "/")
            paths.formUnion(parts.indices.map { parts[...$0].joined(separator: "/") })
        }
        self.targets = targets
        parseSwift()
    }

    private init(root: String) throws {
        try read(folder: "", of: root)
        parseSwift()
        targets = try PackageTarget.all(ofPackageAt: root)
    }

    private mutating func read(folder: String, of root: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted()
        where name != ".git" {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            let kind = try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")[.type]
            if kind as? FileAttributeType == .typeDirectory {
                guard isOurs(name) else { continue }
                try read(folder: path, of: root)
            } else if Self.textExtensions.contains(TextFile(path, "").fileExtension) {
                guard let text = try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) else { continue }
                textFiles.append(TextFile(path, text))
            }
            paths.insert(path)
        }
    }

    private mutating func parseSwift() {
        swiftFiles = textFiles.filter { $0.fileExtension == "swift" }.map { SwiftFile($0) }
    }

    private func isOurs(_ folder: String) -> Bool {
        folder.hasPrefix(".") ? Self.ownFolders.contains(folder) : !Self.foreignFolders.contains(folder)
    }

    /// The Swift files of the program and its libraries.
    var sources: [SwiftFile] { swiftFiles.filter { $0.path.hasPrefix("Sources/") } }

    /// The target whose folder holds the file.
    func target(of path: String) -> PackageTarget? {
        targets.first { path.hasPrefix($0.path + "/") }
    }
}

/// A target as `Package.swift` declares it.
struct PackageTarget: Sendable, Decodable {
    let name: String
    let path: String
    let dependencies: [Dependency]

    /// A target or product that may be imported.
    struct Dependency: Sendable, Decodable {
        let name: String

        private enum Key: String, CodingKey {
            case byName, target, product
        }

        init(_ name: String) {
            self.name = name
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            guard let key = container.allKeys.first else {
                throw CocoaError(.coderReadCorrupt)
            }
            var parts = try container.nestedUnkeyedContainer(forKey: key)
            name = try parts.decode(String.self)
        }
    }

    /// Asks SwiftPM; its own folder of notes keeps it from waiting for the `swift test` that runs this.
    static func all(ofPackageAt root: String) throws -> [PackageTarget] {
        let notes = FileManager.default.temporaryDirectory.appending(path: "darkroom-tidy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: notes) }
        try FileManager.default.createDirectory(at: notes, withIntermediateDirectories: true)
        // A file, because reading a pipe fails when a test beside this one catches a signal.
        let json = notes.appending(path: "package.json")
        try Data().write(to: json)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", root, "--scratch-path", notes.path, "dump-package",
        ]
        process.standardOutput = try FileHandle(forWritingTo: json)
        try process.run()
        process.waitUntilExit()
        return try JSONDecoder().decode(Package.self, from: try Data(contentsOf: json)).targets
    }

    private struct Package: Decodable {
        let targets: [PackageTarget]
    }
}
