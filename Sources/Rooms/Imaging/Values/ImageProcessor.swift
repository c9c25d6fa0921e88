// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Something that measures and renders pictures.
///
/// ``ImageWorkerPool`` is the real one; what drives it sees only this.
public protocol ImageProcessor: Sendable {
    /// Measures the picture and writes its renditions, from one decode.
    ///
    /// When it returns or throws, nothing writes to the outputs any more, also after a cancellation.
    ///
    /// - Throws: ``ImageRejection`` when the picture is at fault, ``ImagingFailure`` when something else is,
    ///   `CancellationError` when the caller was cancelled.
    func process(_ job: ImageJob) async throws -> ImageResult

    /// Measures the picture by its header, without decoding it: no dominant colour, no blurhash.
    ///
    /// - Throws: As ``process(_:)``.
    func inspect(_ source: ImageSource, limits: ImagingLimits) async throws -> ImageFacts
}
