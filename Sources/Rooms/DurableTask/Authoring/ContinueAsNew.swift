// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Ends the run and begins the instance anew with another input and an empty history.
///
/// ``OrchestrationContext/continueAsNew(_:version:)`` makes it, the orchestrator throws it. Like every error it
/// reaches the engine only if nothing on its way replaces it: code that catches it and throws something else fails
/// the instance.
public struct ContinueAsNew: Error {
    /// The next input as JSON text, or why there is none.
    let input: Result<String, any Error>
    /// The version of the next run; nil leaves it as it is.
    let version: String?

    /// The end of the run, unless the next one could not read its input.
    ///
    /// - Throws: ``TaskFailure`` of type `InvalidPayload`.
    func completion<Input: Decodable>(as type: Input.Type, _ name: String) throws -> Completion {
        let input = try input.get()
        _ = try Payload.decode(type, from: input, what: "the input that \"\(name)\" continues with")
        var completion = Completion(.continuedAsNew, result: input)
        completion.newVersion = version
        return completion
    }
}
