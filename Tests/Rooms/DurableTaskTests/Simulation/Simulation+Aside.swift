// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import DurableTask
import DurableTaskTesting

// What operators do to another instance, beside the main one.
extension Simulation {
    /// The instance that fails and is rewound; the ids of its children begin so, too.
    static let mended = "mended"
    /// The instance that is replaced, restarted and deleted while it runs or after; and its children.
    static let replaced = "replaced"

    /// One story a life, or none, so that lives stay short.
    func playAside() async {
        switch seed % 3 {
        case 0: await mend()
        case 1: await replace()
        default: break
        }
    }

    /// What an instance came to; nil when it is gone.
    func end(of id: String, waits: Bool = true) async -> InstanceStatus? {
        while !Task.isCancelled {
            guard let status = try? await base.status(of: id) else { return nil }
            if status.status.isFinal || !waits { return status }
            await waitForQuiet()
        }
        return nil
    }

    private func start(_ id: String, _ offset: Int, replaces: Set<RuntimeStatus> = []) async {
        await insist { hub in
            var request = StartRequest(id: id, name: "aside", input: "\(offset)")
            request.replaces = replaces
            _ = try await hub.start(request)
        }
    }

    /// Deletes an instance that has ended, and its children.
    private func purge(_ id: String) async {
        await insist { hub in _ = try await hub.purge(id, isRecursive: true) }
        if await end(of: id, waits: false) != nil { note("\(id) was not deleted") }
    }

    private func check(_ status: InstanceStatus?, _ plan: SimulatedPlan, _ offset: Int) async {
        let output = await text(status?.output)
        guard status?.status != .completed || output != "\(plan.root.result(offset))" else { return }
        note("\(status?.id ?? "an instance aside") is \(status?.status, default: "gone") with \(output ?? "nothing")")
        note("its plan is \(plan) from \(offset), its failure \(status?.failure, default: "none")")
    }
}

// Rewinding.
extension Simulation {
    /// Starts an instance that fails, repairs what is broken and rewinds it until it succeeds, deletes it, and does so
    /// once more.
    private func mend() async {
        for start in 0..<2 {
            let offset = SimulatedCast.mendedOffset(start)
            effectsAside.withLock { $0.add(cast.mended.root, offset) }
            await executor.yield(times: faults.number(in: 0..<200))
            await self.start(Self.mended, offset)
            await mendUntilCompleted(offset)
            await purge(Self.mended)
            await checkNothingIsLeft()
        }
    }

    private func mendUntilCompleted(_ offset: Int) async {
        for _ in 0...Breakage.mostRepairs {
            let status = await end(of: Self.mended)
            guard status?.status == .failed else { return await check(status, cast.mended, offset) }
            await executor.yield(times: faults.number(in: 0..<50))
            cast.breakage.repair()
            await insist { hub in
                // A rewinding that failed may have been stored.
                guard try await hub.status(of: Self.mended)?.status == .failed else { return }
                try await hub.rewind(Self.mended, reason: nil)
            }
        }
        await check(await end(of: Self.mended), cast.mended, offset)
    }

    /// Whoever deletes an instance that has ended deletes its children, too.
    private func checkNothingIsLeft() async {
        let query = InstanceQuery(idPrefix: Self.mended, limit: 100)
        for instance in (try? await base.list(query).instances) ?? [] { note("\(instance.id) was not deleted") }
    }
}

// Replacing.
extension Simulation {
    /// Starts an instance several times, in the place of the one that runs or has ended, and looks at the last.
    private func replace() async {
        let whatever: Set<RuntimeStatus> = [.pending, .running, .suspended, .completed, .failed, .terminated]
        var last = SimulatedCast.replacedOffset(0)
        for number in 0..<3 {
            await executor.yield(times: faults.number(in: 0..<400))
            let offset = SimulatedCast.replacedOffset(number)
            effectsAside.withLock { $0.add(cast.replaced.root, offset, isCertain: false) }
            switch number == 0 ? 0 : faults.number(in: 0..<4) {
            case 0, 1:
                await start(Self.replaced, offset, replaces: whatever)
                last = offset
            case 2:
                _ = await end(of: Self.replaced)
                await insist { hub in
                    // A restart that failed may have been stored.
                    guard try await hub.status(of: Self.replaced)?.status.isFinal == true else { return }
                    try await hub.restart(Self.replaced)
                }
            default:
                _ = await end(of: Self.replaced)
                await purge(Self.replaced)
                await start(Self.replaced, offset)
                last = offset
            }
        }
        effectsAside.withLock { $0.add(cast.replaced.root, last) }
        await check(await end(of: Self.replaced), cast.replaced, last)
    }
}
