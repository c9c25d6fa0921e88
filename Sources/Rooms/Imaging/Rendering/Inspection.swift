// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto

/// A picture whose format is known and whose header keeps within the limits.
struct Inspection {
    let file: [UInt8]
    let format: ImageFormat
    let header: PictureHeader
    let outline: ContainerOutline
    let facts: ImageFacts

    /// Looks at a file without decoding it.
    ///
    /// - Parameter known: The file's digest when somebody has computed it already.
    /// - Throws: ``ImageRejection``.
    init(of file: [UInt8], limits: ImagingLimits, sha256 known: String? = nil) throws {
        try limits.check(bytes: file.count)
        guard let format = ImageFormat.sniff(file) else { throw ImageRejection.unknownFormat }
        let outline = ContainerOutline(of: file, as: format)
        if format == .gif, outline.isCut { throw ImageRejection.cut(format, "") }
        let header = try rejecting(format, outline) { try Vips.header(of: file, as: format) }
        let frames = max(header.frames, outline.frames)
        try limits.check(header.stored, frames: frames, scans: outline.scans)
        self.file = file
        self.format = format
        self.header = header
        self.outline = outline
        var facts = ImageFacts(
            format: format, width: header.displayed.width, height: header.displayed.height, sizeBytes: file.count,
            sha256: known ?? hex(Digest.sha256.of(file)))
        facts.take(header, outline)
        facts.frames = frames
        facts.takeExif(format == .tiff ? file : header.exif ?? [])
        self.facts = facts
    }
}

extension ImageFacts {
    fileprivate mutating func take(_ header: PictureHeader, _ outline: ContainerOutline) {
        orientation = header.orientation
        colourSpace = header.colourSpace
        profile = header.profile.map { ColourProfile(icc: $0) }
        bitDepth = outline.bitDepth ?? header.bitDepth
        hasAlpha = header.hasAlpha
        isProgressive = header.isProgressive || outline.isProgressive
    }

    fileprivate mutating func takeExif(_ block: [UInt8]) {
        let reading = ExifReading(block)
        exif = reading.facts
        location = reading.location
    }
}

/// Runs a decoding step, and says of its failure what is wrong with the picture.
func rejecting<Value>(
    _ format: ImageFormat, _ outline: ContainerOutline, _ step: () throws -> Value
) throws -> Value {
    do { return try step() } catch let error as VipsError {
        throw ImageRejection(error, format, isCut: outline.isCut)
    }
}

extension ImageRejection {
    static let unknownFormat = ImageRejection(
        .unsupported, "The bytes are no JPEG, PNG, GIF, WebP, TIFF, HEIC or AVIF picture, whatever the name says.")

    static func cut(_ format: ImageFormat, _ words: String) -> ImageRejection {
        ImageRejection(.truncated, "The end of the \(format.rawValue) file is missing\(words). Upload it again.")
    }

    /// What a decoder's words mean for the picture.
    init(_ error: VipsError, _ format: ImageFormat, isCut: Bool) {
        // Before the cause often stands where the reader stumbled, which helps nobody.
        let lines = error.message.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("source: ") }
        let said = lines.first.map { " (\($0.prefix(160)))" } ?? ""
        let text = lines.joined(separator: "\n").lowercased()
        if text.contains("out of memory") || text.contains("cannot allocate") {
            self.init(.workerCrashed, "Decoding took more memory than a worker may have\(said).")
        } else if isCut || ["premature end", "truncated", "end of file", "end-of-file"].contains(where: text.contains) {
            self = .cut(format, said)
        } else if Self.saysUnsupported(text) {
            self.init(.unsupported, "This kind of \(format.rawValue) is not read here\(said).")
        } else {
            self.init(.corrupt, "The \(format.rawValue) file is damaged\(said). Save it anew and upload it again.")
        }
    }

    /// Whether a decoder knows what it sees but cannot do it; an unsupported JPEG marker is only noise.
    private static func saysUnsupported(_ text: String) -> Bool {
        !text.contains("unsupported marker")
            && ["unsupported", "not supported", "unimplemented"].contains(where: text.contains)
    }
}
