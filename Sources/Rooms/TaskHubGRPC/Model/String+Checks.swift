// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask

/// What ids and names a hub takes from elsewhere.
///
/// A store may keep no text with a zero in it, and an id is part of keys.
enum WireText {
    /// The most bytes of an id, a name or a version.
    static let mostBytes = NameFault.limit
    /// The most bytes of all tags of an instance or a call.
    static let mostTagBytes = 64 << 10
}

extension String {
    /// The text, which is `what`, if a hub can keep it as an id.
    ///
    /// An empty one is the id of nothing.
    ///
    /// - Throws: ``ProtocolError``.
    func checked(_ what: String) throws -> String {
        guard utf8.count <= WireText.mostBytes else {
            throw ProtocolError("\(what) takes \(utf8.count) bytes, the limit is \(WireText.mostBytes)")
        }
        guard !utf8.contains(0) else { throw ProtocolError("\(what) has a NUL character in it") }
        return self
    }

    /// The text, which is the name of something that is asked for.
    ///
    /// - Throws: ``ProtocolError``.
    func checkedName(_ what: String) throws -> String {
        guard !isEmpty else { throw ProtocolError("\(what) is empty") }
        return try checked(what)
    }

    /// The text, which is the id of an orchestration's instance that is to be started.
    ///
    /// - Throws: ``ProtocolError``.
    func checkedNewInstance() throws -> String {
        guard !hasPrefix("@") else {
            throw ProtocolError("an instance's id begins without @; \"\(self)\" is an entity's")
        }
        return try checkedName("an instance's id")
    }

    /// The text, which is an entity's id.
    ///
    /// - Throws: ``ProtocolError``.
    func checkedEntity() throws -> String {
        guard EntityID(instanceID: try checked("an entity's id")) != nil else {
            throw ProtocolError("an entity's id is \"@name@key\", not \"\(self)\"")
        }
        return self
    }
}

extension String? {
    /// The version, or that there is none.
    ///
    /// - Throws: ``ProtocolError``.
    func checkedVersion() throws -> String? { try map { try $0.checked("a version") } }
}

extension [String: String] {
    /// The tags, if a hub can keep them.
    ///
    /// - Throws: ``ProtocolError``.
    func checkedTags() throws -> [String: String] {
        let bytes = reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard bytes <= WireText.mostTagBytes else {
            throw ProtocolError("the tags take \(bytes) bytes, the limit is \(WireText.mostTagBytes)")
        }
        guard allSatisfy({ !$0.key.utf8.contains(0) && !$0.value.utf8.contains(0) }) else {
            throw ProtocolError("a tag has a NUL character in it")
        }
        return self
    }
}
