// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The word that `text` was probably meant to be: at most two letters, or a third of them, away (Levenshtein distance).
public func nearest(to text: String, among words: [String]) -> String? {
    let best = words.map { (word: $0, distance: editDistance(text, $0)) }.min { $0.distance < $1.distance }
    guard let best, best.distance <= max(2, text.count / 3) else { return nil }
    return best.word
}

private func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in right.enumerated() {
            let substituted = diagonal + (character == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[right.count]
}
