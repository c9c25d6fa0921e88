// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// How a run ended that did not fail.
public enum PictureOutcome: String, Codable, Sendable {
    /// Measured, resized, recorded and announced.
    case processed
    /// The blob was deleted before its turn came.
    case gone
    /// The blob was written again before its turn came; another run has the later version.
    case superseded
}
