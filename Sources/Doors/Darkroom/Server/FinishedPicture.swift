// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
public import ImageStores

/// The line that `serve` prints for a picture whose run has ended.
public func describeFinished(_ record: ImageRecord) -> String {
    let name = "\(record.key.container)/\(record.key.name)"
    guard record.status == .processed, let facts = record.facts else {
        let reason = record.reason.map { "\($0.code): \($0.sentence)" } ?? record.status.rawValue
        return "✗ \(name)  \(reason)"
    }
    let renditions = record.renditions.map { "\($0.name) \($0.width)×\($0.height) \(formatBytes($0.bytes))" }
    let measures = "\(facts.width)×\(facts.height) \(facts.format) \(formatBytes(record.sizeInBytes))"
    return "✓ \(name)  \(measures) → \(renditions.joined(separator: ", "))"
}
