// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A workflow written as a plain `async` function.
///
/// The engine may run the function again from its beginning at any time, feeding it the recorded answers of the
/// past, so `run` must be deterministic: it awaits nothing but its context, its own `async let` and its own task
/// groups, and takes time, ids and randomness from the context. Everything else belongs into an ``Activity``. A
/// function that escapes (`Task {}`, `Task.sleep`, another actor) fails its instance with a message that says so.
///
///     struct Publish: Orchestration {
///         static let name = "publish"
///         func run(_ context: OrchestrationContext, _ picture: Picture) async throws -> Record {
///             let facts = try await context.call(Inspect.self, picture)
///             async let thumbnail = context.call(Resize.self, .thumbnail(of: facts))
///             async let web = context.call(Resize.self, .web(of: facts), retry: .standard)
///             return Record(facts, try await [thumbnail, web])
///         }
///     }
public protocol Orchestration: Sendable {
    /// What an instance is started with.
    associatedtype Input: Codable & Sendable
    /// What a completed instance answers.
    associatedtype Output: Codable & Sendable

    /// The name that history records; it must not change while instances run. Case does not count.
    static var name: String { get }

    /// The workflow.
    ///
    /// - Throws: any error; the instance then ends as failed with it.
    func run(_ context: OrchestrationContext, _ input: Input) async throws -> Output
}

/// The input or output of something that has none.
public struct Nothing: Codable, Sendable, Equatable {
    /// The only value.
    public init() {}
}
