// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension ColourProfile {
    /// Reads the name of an ICC profile (ICC.1:2022, 9.2.41): a `desc` tag, as text or as its first translation.
    init(icc bytes: [UInt8]) {
        self.init(name: ColourProfile.name(in: BinaryView(bytes)))
    }

    private static func name(in profile: BinaryView) -> String? {
        guard let count = profile.uint32(at: 128) else { return nil }
        for entry in stride(from: 132, to: 132 + 12 * min(count, 100), by: 12)
        where profile.hasText("desc", at: entry) {
            guard let offset = profile.uint32(at: entry + 4) else { return nil }
            return tidy(profile.hasText("mluc", at: offset) ? unicode(profile, offset) : ascii(profile, offset))
        }
        return nil
    }

    private static func ascii(_ profile: BinaryView, _ offset: Int) -> String? {
        guard profile.hasText("desc", at: offset), let length = profile.uint32(at: offset + 8),
            let text = profile.slice(at: offset + 12, count: min(length, 128))
        else { return nil }
        return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func unicode(_ profile: BinaryView, _ offset: Int) -> String? {
        guard let length = profile.uint32(at: offset + 20), let place = profile.uint32(at: offset + 24),
            let text = profile.slice(at: offset + place, count: min(length, 256) & ~1)
        else { return nil }
        let view = BinaryView(text)
        let units = stride(from: 0, to: text.count, by: 2).compactMap { view.uint16(at: $0).map(UInt16.init) }
        return String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
    }

    private static func tidy(_ name: String?) -> String? {
        let printable = name?.unicodeScalars.filter { $0.properties.generalCategory != .control } ?? []
        return printable.isEmpty ? nil : String(String.UnicodeScalarView(printable))
    }
}
