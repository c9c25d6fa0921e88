// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A step with side effects: it reads files, calls services, asks the clock.
///
/// An activity is a value that holds what it depends on. It runs at least once: after a crash it runs again unless
/// its result was already stored, so effects that must not happen twice carry the context's idempotency key.
///
///     struct Resize: Activity {
///         static let name = "resize"
///         let workers: ImageWorkers
///         func run(_ context: ActivityContext, _ picture: Picture) async throws -> [Rendition] { … }
///     }
public protocol Activity: Sendable {
    /// What the activity takes; a small value, never the bytes of a file.
    associatedtype Input: Codable & Sendable
    /// What the activity answers; a small value, never the bytes of a file.
    associatedtype Output: Codable & Sendable

    /// The name that history records; it must not change while instances run. Case does not count.
    static var name: String { get }

    /// Does the work.
    ///
    /// The task is cancelled when its instance was ended, its lease was lost, it took too long, or the worker's drain
    /// time is over (``ActivityContext/cancellation`` says which); stop then.
    ///
    /// - Throws: any error; the orchestrator receives it as a ``TaskFailure``. An error that knows more about itself
    ///   conforms to ``TaskFailureConvertible``.
    func run(_ context: ActivityContext, _ input: Input) async throws -> Output
}
