// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A notice as people read it: one line, and a few lines more.
///
/// Names come from uploaders and may hold anything; here they lose what could break a line or fill a page.
public struct NoticeText: Sendable, Equatable {
    /// One line.
    public let subject: String
    /// Plain text, lines ended by "\n".
    public let body: String

    /// The most failures that a batch's text lists.
    public static let listedFailures = 50

    /// The words for a notice.
    public init(_ notice: Notice) {
        switch notice.news {
        case .processed(let picture): self = .processed(picture)
        case .failed(let picture, let reason): self = .failed(picture, reason)
        case .batch(let batch): self = .batch(batch)
        }
    }

    /// The longest subject in bytes of UTF-8.
    private static let longestSubject = 400

    private init(subject: String, lines: [String]) {
        var subject = subject
        while subject.utf8.count > NoticeText.longestSubject { subject.unicodeScalars.removeLast() }
        self.subject = subject
        body = lines.joined(separator: "\n") + "\n"
    }

    private static func processed(_ picture: PictureNews) -> NoticeText {
        let name = tame(picture.fileName)
        let count = picture.renditions.count
        let renditions = picture.renditions.flatMap { rendition in
            [
                "  \(tame(rendition.name)): \(rendition.width) × \(rendition.height), \(size(rendition.bytes))",
                "  \(tame(rendition.link, limit: 2000))", "",
            ]
        }
        return NoticeText(
            subject: "\(name) is ready",
            lines: ["\(name) was measured and is ready in \(plural(count, "rendition")).", ""]
                + facts(of: picture) + ["", "Renditions", ""] + renditions + closing(picture))
    }

    private static func failed(_ picture: PictureNews, _ reason: NoticeReason) -> NoticeText {
        let name = tame(picture.fileName)
        var lines = ["\(name) could not be processed.", "", tame(reason.sentence, limit: 1000), ""]
        lines += facts(of: picture) + ["  Reason: \(tame(reason.code))", ""]
        lines += ["The original is kept where it is. Upload a corrected file under the same name, or try again"]
        lines += picture.runID.map { ["with: darkroom runs retry \(tame($0))"] } ?? ["from the list of runs."]
        return NoticeText(subject: "\(name) could not be processed (\(tame(reason.code)))", lines: lines)
    }

    private static func batch(_ batch: BatchNews) -> NoticeText {
        let name = tame(batch.name)
        let ready = "\(plural(batch.processed, "picture")) ready"
        let outcome = batch.failed == 0 ? ready : "\(ready), \(batch.failed) failed"
        var lines = ["The batch in \(name) is through after \(duration(batch.seconds)): \(outcome)."]
        let listed = batch.failures.prefix(listedFailures)
        if !listed.isEmpty { lines += ["", "Not processed", ""] }
        lines += listed.map { "  \(tame($0.fileName)): \(tame($0.reason.sentence, limit: 1000))" }
        let rest = batch.failed - listed.count
        if rest > 0, !listed.isEmpty { lines.append("  and \(plural(rest, "more", "more"))") }
        return NoticeText(subject: "Batch in \(name): \(outcome)", lines: lines)
    }

    private static func facts(of picture: PictureNews) -> [String] {
        var facts = ["  Picture: \(tame(picture.place, limit: 1200))"]
        if let width = picture.width, let height = picture.height { facts.append("  Pixels: \(width) × \(height)") }
        facts.append("  Size: \(size(picture.bytes))")
        if let format = picture.format { facts.append("  Format: \(tame(format))") }
        if let user = picture.user { facts.append("  Uploaded by: \(tame(user))") }
        return facts
    }

    private static func closing(_ picture: PictureNews) -> [String] {
        picture.runID.map { ["More about this run: darkroom runs show \(tame($0))"] } ?? []
    }
}

/// The text on one line, cut to a length in Unicode scalars.
private func tame(_ text: String, limit: Int = 120) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if line.count == limit {
            line.removeLast()
            line.append("…")
            break
        }
        line.append(isHarmless(scalar) ? scalar : "\u{fffd}")
    }
    return String(line)
}

/// Whether a scalar neither breaks a line nor, like the marks of direction, disguises a name.
private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    // Emoji are joined by one.
    case .format: scalar.value == 0x200d
    default: true
    }
}

private func plural(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
}

/// A size in units of 1,024 bytes, as in the records.
private func size(_ bytes: Int64) -> String {
    if bytes < 1024 { return plural(Int(bytes), "byte") }
    if bytes < 1024 * 1024 { return "\(tenths(Double(bytes) / 1024)) KB" }
    return "\(tenths(Double(bytes) / (1024 * 1024))) MB"
}

private func tenths(_ number: Double) -> String {
    let rounded = (number * 10).rounded() / 10
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}

private func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    if whole < 60 { return plural(whole, "second") }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
}
