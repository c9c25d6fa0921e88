// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The orchestrations, activities and kinds of entity that a worker can run, by name.
///
/// Case does not count.
public struct TaskRegistry: Sendable {
    typealias OrchestrationBody = @Sendable (OrchestrationContext, String?) async -> Completion
    /// What runs an activity: its input and its output are JSON texts.
    package typealias ActivityBody = @Sendable (ActivityContext, String?) async throws -> String

    private var orchestrations: [String: OrchestrationBody] = [:]
    private var activities: [String: ActivityBody] = [:]
    var entities: [String: EntityKind] = [:]

    /// A registry without entries.
    public init() {}

    /// Adds an orchestration.
    public mutating func add<Workflow: Orchestration>(_ orchestration: Workflow) {
        addOrchestration(Workflow.name) { try await orchestration.run($0, $1) }
    }

    /// Adds an activity.
    public mutating func add<Work: Activity>(_ activity: Work) {
        addActivity(Work.name) { try await activity.run($0, $1) }
    }

    /// Adds an orchestration written as a closure; what ``Orchestration`` says holds for it.
    public mutating func addOrchestration<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (OrchestrationContext, Input) async throws -> Output
    ) {
        precondition(orchestrations[name.lowercased()] == nil, "two orchestrations are called \"\(name)\"")
        orchestrations[name.lowercased()] = { context, input in
            do {
                let input = try Payload.decode(Input.self, from: input, what: "the input of \"\(name)\"")
                return Completion(.completed, result: try Payload.encode(try await body(context, input)))
            } catch {
                return Completion(ending: name, Input.self, with: error)
            }
        }
    }

    /// Adds an activity written as a closure; what ``Activity`` says holds for it.
    public mutating func addActivity<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (ActivityContext, Input) async throws -> Output
    ) {
        precondition(activities[name.lowercased()] == nil, "two activities are called \"\(name)\"")
        activities[name.lowercased()] = { context, input in
            let input = try Payload.decode(Input.self, from: input, what: "the input of activity \"\(name)\"")
            return try Payload.encode(try await body(context, input))
        }
    }

    /// The registry with other bodies for its activities, whose names are in lower case.
    package func wrappingActivities(_ wrap: (_ name: String, @escaping ActivityBody) -> ActivityBody) -> TaskRegistry {
        var registry = self
        for (name, body) in activities { registry.activities[name] = wrap(name, body) }
        return registry
    }

    /// The names of all orchestrations, in lower case.
    var orchestrationNames: Set<String> { Set(orchestrations.keys) }

    /// The names of all activities, in lower case.
    var activityNames: Set<String> { Set(activities.keys) }

    func orchestration(named name: String) -> OrchestrationBody? { orchestrations[name.lowercased()] }

    func activity(named name: String) -> ActivityBody? { activities[name.lowercased()] }
}

extension Completion {
    /// The end of a run by an error.
    fileprivate init<Input: Decodable>(ending name: String, _ input: Input.Type, with error: any Error) {
        do {
            guard let next = error as? ContinueAsNew else { throw error }
            self = try next.completion(as: input, name)
        } catch {
            self.init(.failed, failure: TaskFailure(error))
        }
    }
}
