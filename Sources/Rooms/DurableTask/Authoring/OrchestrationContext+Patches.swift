// Darkroom
// SPDX-License-Identifier: Apache-2.0

// Changes of orchestrators that run already.
extension OrchestrationContext {
    /// Whether the instance runs the code behind this change.
    ///
    /// True for an instance that comes here for the first time, and remembered in its history; false for one that
    /// has been here before the change was made. The first answer counts for all of the run. When no instance from
    /// before the change is left, the other branch and the question can go.
    ///
    ///     if context.patched("sharper thumbnails") {
    ///         thumbnail = try await context.call(ResizeSharply.self, picture)
    ///     } else {
    ///         thumbnail = try await context.call(Resize.self, picture)
    ///     }
    public func patched(_ change: String) -> Bool { core.isPatched(change) }
}
