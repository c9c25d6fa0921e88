// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import DurableTask
import FoundationEssentials
import ImageStores
import Imaging
import Pipeline
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ProcessPictureTests {
    @Test func recordsRendersAndAnnouncesAPictureOnce() async throws {
        try await withPipeline { world in
            let run = try await world.upload("cat.jpg", sequence: 1)
            #expect(try await world.hub.output(of: ProcessPicture.self, id: run) == .processed)
            let record = try #require(try await world.records.record(of: world.key("cat.jpg")))
            #expect(record.status == .processed)
            #expect(record.facts?.width == 40 && record.facts?.format == "JPEG")
            #expect(record.sha256 == "5a" && record.user == "vendor" && record.runID == run)
            #expect(record.renditions.map(\.blob) == ["cat.jpg", "cat.jpg"])
            #expect(world.storage.renditions.keys.sorted() == ["optimized-images/cat.jpg", "thumbnails/cat.jpg"])
            #expect(world.announced == ["cat.jpg processed"])
        }
    }

    @Test func endsABrokenPictureAsAFailedRunWithItsReason() async throws {
        try await withPipeline { world in
            let run = try await world.upload("torn.jpg", sequence: 1)
            let status = try await world.hub.waitForCompletion(of: run)
            #expect(status.status == .failed)
            #expect(status.failure?.details["reason"] == "truncated")
            #expect(status.failure?.message == "The end is missing.")
            let record = try #require(try await world.records.record(of: world.key("torn.jpg")))
            #expect(record.status == .failed)
            #expect(record.reason == ImageRecord.Reason(code: "truncated", sentence: "The end is missing."))
            #expect(record.facts?.height == 30, "the header was read before the decode failed")
            #expect(world.announced == ["torn.jpg failed"])
            #expect(world.processor.calls(of: "torn.jpg") == 1, "a broken picture is not tried again")
            #expect(try await world.storage.current(world.key("torn.jpg")) != nil, "the original is kept")
        }
    }

    @Test func triesAgainWhenAWorkerCrashes() async throws {
        try await withPipeline { world in
            let run = try await world.upload("flaky.jpg", sequence: 1)
            #expect(try await world.hub.output(of: ProcessPicture.self, id: run) == .processed)
            #expect(world.processor.calls(of: "flaky.jpg") == 3)
            #expect(world.announced == ["flaky.jpg processed"])
        }
    }

    @Test func setsAPictureAsideThatCrashesEveryWorker() async throws {
        try await withPipeline { world in
            let run = try await world.upload("killer.jpg", sequence: 1)
            #expect(try await world.hub.waitForCompletion(of: run).status == .failed)
            #expect(world.processor.calls(of: "killer.jpg") == 4)
            let record = try await world.records.record(of: world.key("killer.jpg"))
            #expect(record?.reason?.code == "workerCrashed")
        }
    }

    @Test func endsAsGoneWhenTheBlobWasDeleted() async throws {
        try await withPipeline { world in
            let arrival = world.arrival("late.jpg", sequence: 1)
            try await PictureTrigger.admit(arrival, to: world.hub)
            #expect(try await world.hub.output(of: ProcessPicture.self, id: arrival.instanceID) == .gone)
            #expect(try await world.records.record(of: world.key("late.jpg")) == nil)
            #expect(world.announced.isEmpty)
        }
    }

    @Test func leavesAnOverwrittenBlobToTheRunOfItsLaterVersion() async throws {
        try await withPipeline { world in
            world.store("cat.jpg", sequence: 2)
            let old = world.arrival("cat.jpg", sequence: 1)
            try await PictureTrigger.admit(old, to: world.hub)
            #expect(try await world.hub.output(of: ProcessPicture.self, id: old.instanceID) == .superseded)
            let later = world.arrival("cat.jpg", sequence: 2)
            #expect(try await world.hub.output(of: ProcessPicture.self, id: later.instanceID) == .processed)
            #expect(try await world.records.record(of: world.key("cat.jpg"))?.version == later.version)
            #expect(world.announced == ["cat.jpg processed"])
        }
    }

    @Test func findsTheRunOfTheSameContentTaken() async throws {
        try await withPipeline { world in
            let run = try await world.upload("cat.jpg", sequence: 1)
            #expect(try await world.upload("cat.jpg", sequence: 1) == run)
            _ = try await world.hub.waitForCompletion(of: run)
            #expect(world.announced == ["cat.jpg processed"])
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct PictureTriggerTests {
    @Test func startsARunForEveryEventAPipelineWants() async throws {
        try await withPipeline { world in
            let feed = ScriptedFeed()
            try await world.withTrigger(feed) {
                for name in ["one.jpg", "two.jpg"] { world.store(name, sequence: 7) }
                feed.send([
                    try world.event("one.jpg", sequence: 7), try world.event("two.jpg", sequence: 7),
                    try world.event("one.jpg", sequence: 7),
                ])
                for name in ["one.jpg", "two.jpg"] {
                    let id = world.arrival(name, sequence: 7).instanceID
                    while try await world.hub.status(of: id) == nil { await Task.yield() }
                    #expect(try await world.hub.output(of: ProcessPicture.self, id: id) == .processed)
                }
                while feed.acknowledged != 7 { await Task.yield() }
            }
            #expect(world.announced.sorted() == ["one.jpg processed", "two.jpg processed"])
        }
    }

    @Test func goesOnAfterTheStorageFailed() async throws {
        try await withPipeline { world in
            let feed = ScriptedFeed()
            feed.fail(times: 4)
            try await world.withTrigger(feed) {
                world.store("one.jpg", sequence: 7)
                feed.send([try world.event("one.jpg", sequence: 7)])
                let id = world.arrival("one.jpg", sequence: 7).instanceID
                while try await world.hub.status(of: id) == nil { await Task.yield() }
                #expect(try await world.hub.output(of: ProcessPicture.self, id: id) == .processed)
            }
        }
    }

    @Test func findsWhatWasThereBeforeAndLeavesAloneWhatIsRecorded() async throws {
        try await withPipeline { world in
            for name in ["old.jpg", "known.jpg"] { world.store(name, sequence: 3) }
            let known = world.arrival("known.jpg", sequence: 3)
            try await world.records.upsert(
                ImageRecord(key: known.key, version: known.version, status: .processed, sizeInBytes: 1, time: .now))
            let found = ["old.jpg", "known.jpg"].map { name in
                FoundPicture(key: world.key(name), version: world.version(3), sizeInBytes: 100)
            }
            let old = world.arrival("old.jpg", sequence: 3).instanceID
            try await world.withTrigger(ScriptedFeed(found: found)) {
                while try await world.hub.status(of: old) == nil { await Task.yield() }
                #expect(try await world.hub.output(of: ProcessPicture.self, id: old) == .processed)
            }
            #expect(try await world.hub.status(of: known.instanceID) == nil)
        }
    }
}
