// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials
import ImageStores
public import Imaging

/// The way of one picture: inspect, render, record in every store, announce.
///
/// A picture that cannot be processed is recorded and announced as failed, its original is kept, and the run fails with
/// the same reason, so that it can be found and retried. A store or a mail server that does not answer fails the run
/// too, but says nothing about the picture.
public struct ProcessPicture: Orchestration {
    /// The name in histories.
    public static let name = "ProcessPicture"

    private let retry: RetryPolicy

    /// A workflow that tries each step as often as the policy says.
    public init(retry: RetryPolicy) { self.retry = retry }

    /// Processes one picture.
    ///
    /// - Throws: `TaskFailure` with the reason why the picture could not be processed.
    public func run(_ context: OrchestrationContext, _ picture: PictureArrival) async throws -> PictureOutcome {
        var known = Known()
        var rendered: RenderPicture.Rendered?
        do {
            // Once, unless the blob changes between the two steps: then the second look says what became of it.
            while rendered == nil {
                switch try await context.call(InspectPicture.self, picture, retry: retry) {
                case .gone: return .gone
                case .superseded: return .superseded
                case .picture(let user, let facts):
                    known = Known(user: user, facts: facts)
                    let input = RenderPicture.Input(picture: picture, sha256: facts.sha256)
                    rendered = try await context.call(RenderPicture.self, input, retry: retry)
                }
            }
        } catch let failure as TaskFailure {
            var record = record(of: picture, .failed, known, context)
            record.reason = ImageRecord.Reason(
                code: failure.details[ImageRejection.reasonDetail] ?? failure.type, sentence: failure.message)
            try await finish(record, of: picture, context)
            throw failure
        }
        known.facts = rendered?.facts
        var record = record(of: picture, .processed, known, context)
        record.renditions = rendered?.renditions ?? []
        try await finish(record, of: picture, context)
        return .processed
    }

    private func finish(
        _ record: ImageRecord, of picture: PictureArrival, _ context: OrchestrationContext
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in picture.stores {
                group.addTask {
                    let input = RecordPicture.Input(store: store, record: record)
                    _ = try await context.call(RecordPicture.self, input, retry: retry)
                }
            }
            try await group.waitForAll()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for route in [nil] + (picture.routes[record.status] ?? []) {
                group.addTask {
                    let ending = AnnouncePicture.Input(route: route, record: record)
                    _ = try await context.call(AnnouncePicture.self, ending, retry: retry)
                }
            }
            try await group.waitForAll()
        }
    }

    private func record(
        of picture: PictureArrival, _ status: ImageRecord.Status, _ known: Known, _ context: OrchestrationContext
    ) -> ImageRecord {
        var record = ImageRecord(
            key: picture.key, version: picture.version, status: status, sizeInBytes: picture.sizeInBytes,
            time: context.now)
        record.user = known.user
        record.facts = known.facts.map(ImageStores.ImageFacts.init)
        record.sha256 = known.facts?.sha256
        record.runID = context.instanceID
        return record
    }
}

/// What a run has found out so far.
private struct Known {
    var user: String?
    var facts: Imaging.ImageFacts?
}

extension ImageRejection: TaskFailureConvertible {
    /// The name under which a failure's details hold the reason.
    static let reasonDetail = "reason"

    /// The rejection as a failure that keeps its reason.
    public var taskFailure: TaskFailure {
        TaskFailure(
            type: "ImageRejection", message: message, details: [Self.reasonDetail: reason.rawValue],
            isRetriable: isRetriable)
    }
}
