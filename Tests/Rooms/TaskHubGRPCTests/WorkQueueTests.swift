// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import Testing

@testable import TaskHubGRPC

@Suite(.timeLimit(.minutes(5)))
struct WorkQueueTests {
    @Test func itemsGoToTheFetchesThatTakeTheirNames() async {
        let queue = WorkQueue<Int>()
        let intake = Intake()
        queue.put(1, name: "Resize")
        queue.put(2, name: "other")
        #expect(await queue.next(.only(["OTHER"]), intake) == 2)
        async let waiting = queue.next(.except(["resize"]), intake)
        queue.put(3, name: "resize")
        queue.put(4, name: "third")
        #expect(await waiting == 4)
        #expect(await queue.next(.all, intake) == 1)
        #expect(queue.takeAll() == [3])
    }

    @Test func fetchesEndWithTheirIntakeOrTheirTask() async {
        let queue = WorkQueue<Int>()
        let intake = Intake()
        async let fetch = queue.next(.all, intake)
        intake.close()
        queue.close(intake)
        #expect(await fetch == nil)
        // Unstructured: it is cancelled by hand.
        let task = Task { await queue.next(.all, Intake()) }
        task.cancel()
        #expect(await task.value == nil)
    }
}

struct WorkerFiltersTests {
    @Test func noFiltersLetEverythingThrough() throws {
        let filters = try WorkerFilters(nil, most: 10)
        #expect(!filters.orchestrations.isEmpty)
        #expect(filters.activities.admits("any", version: "9"))
    }

    @Test func emptyListsLetNothingThrough() throws {
        var message = Wire.WorkItemFilters()
        message.orchestrations = [.init(name: "O", versions: ["1"]), .init(name: "P")]
        let filters = try WorkerFilters(message, most: 10)
        #expect(filters.activities.isEmpty && filters.entities.isEmpty)
        #expect(filters.orchestrations.admits("o", version: "1"))
        #expect(!filters.orchestrations.admits("o", version: nil))
        #expect(filters.orchestrations.admits("P", version: "2"))
    }
}
