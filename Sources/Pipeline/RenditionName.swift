// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import Imaging

/// The blob name of a rendition: the picture's own name, with the format's ending behind it unless it has that already.
///
/// `cat.jpg` stays `cat.jpg`; `logo.png` becomes `logo.png.jpg`, so that `logo.png` and `logo.jpg` never meet.
public func renditionName(of picture: String, as format: OutputFormat) -> String {
    let lower = picture.lowercased()
    let endings = format == .jpeg ? ["jpg", "jpeg"] : [format.fileExtension]
    return endings.contains { lower.hasSuffix(".\($0)") } ? picture : "\(picture).\(format.fileExtension)"
}
