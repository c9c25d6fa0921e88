// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Reads settings by key and checks each.
///
/// It remembers which keys exist, so that a misspelt one is an error, not a silence.
/// Every read names the key's meaning, so that an error can say what would be right.
final class SettingsReader {
    private let root: [String: JSONValue]
    private let sourceName: String
    private let sources: SettingsSources
    /// Every key that was asked for, with its meaning.
    private(set) var descriptions: [(key: String, meaning: String)] = []

    init(_ sources: SettingsSources) throws {
        self.sources = sources
        sourceName = sources.file?.name ?? "the settings"
        guard let file = sources.file else {
            root = [:]
            return
        }
        guard case .object(let object) = try JSONValue(json5: file.text, from: file.name) else {
            throw SettingsError("\(file.name) must hold one object: { … }")
        }
        root = object
    }

    /// Text.
    func text(_ key: String, _ help: String, default fallback: String) throws -> String {
        try optionalText(key, help) ?? fallback
    }

    /// Text that may be missing.
    func optionalText(_ key: String, _ help: String) throws -> String? {
        guard let (value, source) = try find(key, help) else { return nil }
        guard case .string(let text) = value else {
            throw wrong(key, source, "is \(value.kind), but must be text", help)
        }
        return text
    }

    /// Text that must be there.
    func required(_ key: String, _ help: String) throws -> String {
        guard let text = try optionalText(key, help), !text.isEmpty else {
            throw wrong(key, sourceName, "is missing", help)
        }
        return text
    }

    /// A whole number within a range.
    func int(_ key: String, _ help: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        try optionalInt(key, help, in: range) ?? fallback
    }

    /// A number of seconds within a range.
    func seconds(_ key: String, _ help: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Duration {
        .seconds(try int(key, help, default: fallback, in: range))
    }

    /// A whole number within a range, that may be missing.
    func optionalInt(_ key: String, _ help: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let (value, source) = try find(key, help) else { return nil }
        guard let number = wholeNumber(value) else {
            throw wrong(key, source, "must be a whole number", help)
        }
        guard range.contains(number) else {
            let bounds = "from \(range.lowerBound) to \(range.upperBound)"
            throw wrong(key, source, "is \(number), but must be \(bounds)", help)
        }
        return number
    }

    /// One of a few words.
    func word<Word: CaseIterable & RawRepresentable<String>>(
        _ key: String, _ help: String, default fallback: Word
    ) throws -> Word {
        guard let text = try optionalText(key, help) else { return fallback }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(key, sourceName, "is \"\(text)\", but must be one of: \(words)", help)
        }
        return word
    }

    /// A list, each element read with a reader of its own; nil when there is none.
    func list<Element>(_ key: String, _ help: String, _ read: (SettingsReader) throws -> Element) throws -> [Element]? {
        guard let (value, source) = try find(key, help) else { return nil }
        guard case .array(let values) = value else {
            throw wrong(key, source, "is \(value.kind), but must be a list: [ … ]", help)
        }
        return try values.enumerated().map { index, value in
            guard case .object(let object) = value else {
                throw wrong("\(key)[\(index)]", source, "is \(value.kind), but must be an object: { … }", help)
            }
            let reader = SettingsReader(object, name: "\(source), \(key)[\(index)]")
            let element = try read(reader)
            try reader.refuseUnknownKeys()
            return element
        }
    }

    /// A list of words; nil when there is none.
    func words(_ key: String, _ help: String) throws -> [String]? {
        guard let (value, source) = try find(key, help) else { return nil }
        guard case .array(let values) = value else {
            throw wrong(key, source, "is \(value.kind), but must be a list: [ … ]", help)
        }
        return try values.map {
            guard case .string(let text) = $0 else {
                throw wrong(key, source, "holds \($0.kind), but must hold text only", help)
            }
            return text
        }
    }

    /// True or false.
    func bool(_ key: String, _ help: String, default fallback: Bool) throws -> Bool {
        guard let (value, source) = try find(key, help) else { return fallback }
        switch value {
        case .bool(let truth): return truth
        case .string("true"), .string("1"), .string("yes"): return true
        case .string("false"), .string("0"), .string("no"): return false
        default: throw wrong(key, source, "must be true or false", help)
        }
    }

    /// Call after the last read.
    ///
    /// - Throws: ``SettingsError`` that names a key nobody asked for, and the nearest one that exists.
    func refuseUnknownKeys() throws {
        for key in paths(of: .object(root), under: "") { try requireKnown(key, among: known, in: sourceName) }
        for key in sources.flags.keys.sorted() { try requireKnown(key, among: known, in: "--set") }
        let variables = sources.environment.keys.filter { $0.hasPrefix(SettingsSources.environmentPrefix) }.sorted()
        let knownVariables = known.map(SettingsSources.environmentName)
        for name in variables { try requireKnown(name, among: knownVariables, in: "the environment") }
    }

    private func requireKnown(_ key: String, among known: [String], in source: String) throws {
        if known.contains(key) { return }
        let near = nearest(to: key, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
        throw SettingsError("\(source): there is no setting \"\(key)\"\(near)")
    }

    /// An error about a key's value.
    func wrong(_ key: String, _ problem: String, _ help: String) -> SettingsError {
        wrong(key, sourceName, problem, help)
    }

    private init(_ object: [String: JSONValue], name: String) {
        root = object
        sourceName = name
        sources = SettingsSources()
    }

    private func wrong(_ key: String, _ source: String, _ problem: String, _ help: String) -> SettingsError {
        SettingsError("\(source): \(key) \(problem). It is \(help).")
    }

    private func find(_ key: String, _ help: String) throws -> (value: JSONValue, source: String)? {
        descriptions.append((key, help))
        if let text = sources.flags[key] { return (try parsed(text, "the flag for \(key)"), "the command line") }
        let name = SettingsSources.environmentName(of: key)
        if let text = sources.environment[name] { return (try parsed(text, name), "the environment (\(name))") }
        var value = JSONValue.object(root)
        for part in key.split(separator: ".") {
            guard case .object(let object) = value, let next = object[String(part)] else { return nil }
            value = next
        }
        return (value, sourceName)
    }

    /// A flag or variable holds text, but lists and objects may be written as JSON5.
    private func parsed(_ text: String, _ source: String) throws -> JSONValue {
        guard text.hasPrefix("[") || text.hasPrefix("{") else { return .string(text) }
        return try JSONValue(json5: Array(text.utf8), from: source)
    }

    private func wholeNumber(_ value: JSONValue) -> Int? {
        switch value {
        case .number(let number): Int(exactly: number)
        case .string(let text): Int(text)
        default: nil
        }
    }

    private func paths(of value: JSONValue, under prefix: String) -> [String] {
        guard case .object(let object) = value, prefix.isEmpty || !known.contains(prefix) else { return [prefix] }
        return object.sorted { $0.key < $1.key }.flatMap { key, value in
            paths(of: value, under: prefix.isEmpty ? key : "\(prefix).\(key)")
        }
    }

    private var known: [String] { descriptions.map(\.key) }
}
