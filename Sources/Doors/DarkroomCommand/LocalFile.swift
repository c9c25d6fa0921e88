// Darkroom
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A file to send or to work on.
struct LocalFile: Sendable {
    /// Where it is.
    let path: String
    /// What it is called: relative to the folder it was found in, with `/` between the parts.
    let name: String
    /// Its size in bytes.
    let size: Int64

    /// The files that paths mean: each file itself, and all files below each folder, sorted; hidden ones are left out.
    ///
    /// - Parameter output: A folder whose files are left out too, because they are what becomes of the others.
    /// - Throws: ``CommandFailure`` when a path does not exist, or two files would get one name.
    static func find(in paths: [String], exceptBelow output: String? = nil) throws -> [LocalFile] {
        var files: [LocalFile] = []
        for path in paths {
            var isFolder = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw CommandFailure(.notFound, "\(path) does not exist")
            }
            if isFolder {
                files += try below(path)
            } else {
                files.append(LocalFile(path: path, name: lastPart(of: path), size: size(of: path)))
            }
        }
        if let output {
            let root = absolute(output) + "/"
            files.removeAll { absolute($0.path).hasPrefix(root) }
        }
        try refuseDoubles(files)
        return files
    }

    private static func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }

    /// Regular files only: a pipe would be waited for, a link may lead anywhere.
    private static func below(_ folder: String) throws -> [LocalFile] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return names.sorted().compactMap { name in
            let hidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
            let path = "\(folder)/\(name)"
            let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            guard !hidden, type == .typeRegular else { return nil }
            return LocalFile(path: path, name: name, size: size(of: path))
        }
    }

    private static func refuseDoubles(_ files: [LocalFile]) throws {
        var paths: [String: String] = [:]
        for file in files {
            guard let other = paths.updateValue(file.path, forKey: file.name), other != file.path else { continue }
            throw CommandFailure.usage("\(other) and \(file.path) would both be called \(file.name)")
        }
    }

    private static func size(of path: String) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let size = attributes?[.size] as? any BinaryInteger
        return size.map { Int64($0) } ?? 0
    }

    private static func lastPart(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
