// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask
import FoundationEssentials
public import ImageStores
import Pipeline

/// Answers an operator from the record store and the task hub of this process.
public struct LocalOperator: Operator {
    private let records: any ImageRecordStore
    private let hub: any TaskHubClient

    /// An operator over a store and a hub.
    public init(records: any ImageRecordStore, hub: any TaskHubClient) {
        self.records = records
        self.hub = hub
    }

    /// One page of the records that match.
    public func images(_ query: ImageQuery) async throws -> ImageListing {
        do {
            let page = try await records.page(of: query)
            return ImageListing(images: page.records, next: page.next)
        } catch let error as ImageStoreError where error.code == .invalidCursor {
            throw OperatorError(.invalid, error.message)
        }
    }

    /// The record of a picture.
    public func image(named name: String) async throws -> ImageRecord {
        if let key = ImageKey(id: name), let record = try await records.record(of: key) { return record }
        var query = ImageQuery(limit: 100)
        query.filter.text = name.split(separator: "/").last.map(String.init) ?? name
        let found = try await records.page(of: query).records.filter { record in
            record.key.name == name || "\(record.key.container)/\(record.key.name)" == name
                || record.key.fileName == name
        }
        guard let only = found.first else {
            throw OperatorError(.notFound, "there is no record of \"\(name)\"; \"darkroom images list\" shows all")
        }
        guard found.count == 1 else {
            let names = found.map(\.key.id).joined(separator: ", ")
            throw OperatorError(.invalid, "\"\(name)\" may mean any of: \(names)")
        }
        return only
    }

    /// Runs that match, newest first.
    public func runs(_ query: RunQuery) async throws -> RunListing {
        var statuses: Set<RuntimeStatus> = []
        if let text = query.status {
            guard let status = RuntimeStatus(rawValue: text) else {
                let words = RuntimeStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw OperatorError(.invalid, "there is no state \"\(text)\"; runs are \(words)")
            }
            statuses = [status]
        }
        var instances = InstanceQuery(
            statuses: statuses, name: ProcessPicture.name, limit: query.limit, after: query.after)
        // A run without its picture's name, which is in its input, tells a person nothing.
        instances.includesPayloads = true
        let page = try await hub.list(instances)
        return RunListing(runs: page.instances.map(RunSummary.init), next: page.next)
    }

    /// One run with its history.
    public func run(_ id: String) async throws -> RunDetail {
        guard let status = try await hub.status(of: id) else { throw missing(id) }
        return RunDetail(
            run: RunSummary(status), steps: describe(try await hub.history(of: id)),
            waits: try await hub.waits(of: id))
    }

    /// Runs an ended run again, or takes up one that was set aside.
    public func retry(_ id: String) async throws {
        do {
            if try await hub.retry(id) { return }
            try await hub.restart(id)
        } catch let error as TaskHubError where error.code == .notFound {
            throw missing(id)
        } catch let error as TaskHubError where error.code == .running {
            throw OperatorError(.refused, "run \(id) has not ended yet")
        }
    }

    private func missing(_ id: String) -> OperatorError {
        OperatorError(.notFound, "there is no run \"\(id)\"; \"darkroom runs list\" shows the newest")
    }
}

extension RunSummary {
    init(_ status: InstanceStatus) {
        let decoder = JSONDecoder()
        id = status.id
        self.status = status.status.rawValue
        createdAt = status.createdAt
        endedAt = status.endedAt
        picture = status.input.flatMap { try? decoder.decode(PictureArrival.self, from: Data($0.utf8)).key.id }
        outcome = status.output.flatMap { try? decoder.decode(PictureOutcome.self, from: Data($0.utf8)).rawValue }
        reason = status.failure.map { $0.details["reason"] ?? $0.type }
        message = status.failure?.message
    }
}
