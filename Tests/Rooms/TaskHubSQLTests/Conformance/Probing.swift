// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials

extension TaskHub {
    /// Starts an instance of whole numbers.
    func begin(_ id: String, _ name: String = "main", _ input: Int = 0) async throws {
        _ = try await start(StartRequest(id: id, name: name, input: "\(input)"))
    }

    /// Waits until an instance is in a state and its status fulfils a condition.
    func wait(
        for status: RuntimeStatus, of id: String, where isMet: (InstanceStatus) -> Bool = { _ in true }
    ) async throws {
        try await until {
            guard let found = try await self.status(of: id) else { return false }
            return found.status == status && isMet(found)
        }
    }

    /// Waits until an instance waits for what a text names, and returns the whole line.
    @discardableResult
    func wait(of id: String, on text: String) async throws -> String {
        var line: String?
        try await until {
            line = try await self.status(of: id) == nil ? nil : self.waits(of: id).first { $0.contains(text) }
            return line != nil
        }
        return line ?? ""
    }

    /// Waits until an entity has a state.
    func wait(for state: String?, of entity: String) async throws {
        try await until { try await self.entity(entity, includesState: true)?.state == state }
    }
}

/// Waits until something is so.
func until(_ isSo: () async throws -> Bool) async throws {
    while try await !isSo() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

extension TaskRegistry {
    /// The same registry with an orchestration of whole numbers.
    func with(
        orchestration name: String, _ body: @escaping @Sendable (OrchestrationContext, Int) async throws -> Int
    ) -> TaskRegistry {
        var registry = self
        registry.addOrchestration(name, body)
        return registry
    }

    /// The same registry with a kind of entity.
    func with<State: Entity>(_ entity: State.Type) -> TaskRegistry {
        var registry = self
        registry.add(entity)
        return registry
    }
}
