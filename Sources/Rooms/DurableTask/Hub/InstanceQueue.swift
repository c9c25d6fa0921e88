// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Which instances have news, in the order in which the news came, and which are being processed.
///
/// Messages that came through this process are kept beside their instance, so that the usual episode reads nothing
/// from the store. The store stays the truth: whenever the memory may be incomplete, `mustLoad` is set. Only results
/// are not in the store yet; they are stored with the episode that they cause.
struct InstanceQueue {
    /// An instance handed out.
    struct Ready {
        var news: InstanceNews
        var messages: [StoredMessage]
        var results: [PendingResult]
        var start: PendingStart?
        var mustLoad: Bool
        /// Whether somebody may have had it and never answered.
        var mayBeLost: Bool
        /// The number under which this process took it.
        var member: Int64 = 0
    }

    private struct Slot {
        var news: InstanceNews
        var messages: [StoredMessage] = []
        var results: [PendingResult] = []
        var resultsInFlight: [PendingResult] = []
        var start: PendingStart?
        var startInFlight: PendingStart?
        var mustLoad = false
        var mayBeLost = false
        /// What the store told of, while the instance is handed out.
        var loaded: Set<Int64> = []
        var isInFlight = false
        /// Its place in a line; 0 when it has none.
        var ticket: UInt64 = 0

        var isBeginning: Bool {
            if case .executionStarted = messages.first?.event.kind { true } else { start != nil }
        }

        var hasNews: Bool { mustLoad || !messages.isEmpty || !results.isEmpty || start != nil }
    }

    private struct Place {
        var id: String
        var ticket: UInt64
    }

    /// Who waits for workers of one kind: those that go on, and those that begin.
    private struct Line {
        var goingOn = FIFO<Place>()
        var beginning = FIFO<Place>()
        /// How many places belong to nobody any more; none of them is a first one.
        var left = 0

        var isEmpty: Bool { goingOn.isEmpty && beginning.isEmpty }
        var count: Int { goingOn.count + beginning.count - left }
    }

    /// More messages than this are better read from the store in one go.
    static let messageLimit = 256
    /// What was begun is finished first, but every so often something begins all the same.
    private static let turnsPerBeginning = 8
    /// How many empty lines are kept for what comes next.
    private static let keptLines = 64

    private var slots: [String: Slot] = [:]
    private var lines: [WorkRoute: Line] = [:]
    /// The runs that called activities of this process, by instance.
    private var runs: [String: String] = [:]
    private var lastTicket: UInt64 = 0
    private var turns = 0
    private(set) var inFlightCount = 0
    /// How many instances wait to be handed out.
    private(set) var waitingCount = 0

    var isIdle: Bool { waitingCount == 0 && inFlightCount == 0 }

    /// Whether an instance waits for a worker with this filter.
    func hasNext(_ filter: RouteFilter) -> Bool {
        lines.contains { filter.admits($0.key) && !$0.value.isEmpty }
    }

    /// Whether an instance waits or is being processed.
    func knows(_ id: String) -> Bool { slots[id] != nil }

    /// A message was stored.
    mutating func arrived(_ message: StoredMessage, for news: InstanceNews) {
        changeSlot(news) { slot in
            guard !slot.mustLoad, !slot.loaded.contains(message.sequence) else { return }
            slot.messages.append(message)
            if slot.messages.count > Self.messageLimit {
                slot.messages = []
                slot.mustLoad = true
            }
        }
    }

    /// Messages of an instance that is handed out were read from the store.
    ///
    /// A commit may be stored and not handed out yet, so that one of them is still to arrive.
    mutating func loaded(_ messages: [StoredMessage], of id: String) {
        let sequences = Set(messages.map(\.sequence))
        slots[id]?.loaded = sequences
        slots[id]?.messages.removeAll { sequences.contains($0.sequence) }
    }

    /// An activity has a result that is to be stored with the episode it causes.
    ///
    /// Whether anybody still wants it is for the store to say, unless its run is known to go on.
    mutating func arrived(_ result: PendingResult, for news: InstanceNews) {
        let isCurrent = runs[news.id] == result.item.executionID
        changeSlot(news) { slot in
            slot.results.append(result)
            guard !isCurrent else { return }
            slot.messages = []
            slot.mustLoad = true
        }
    }

    /// A run calls activities of this process.
    mutating func expectResults(of run: ExecutionKey) { runs[run.instanceID] = run.executionID }

    /// Whether a run of the instance calls activities of this process, and has not ended.
    func hasRun(_ id: String) -> Bool { runs[id] != nil }

    /// An instance is to be stored with its first episode.
    ///
    /// - Returns: false when something is known of the id, so that the store has to be asked first.
    mutating func arrived(_ start: PendingStart) -> Bool {
        let event = start.start.event
        guard slots[event.instanceID] == nil else { return false }
        changeSlot(start.start.news) { $0.start = start }
        return true
    }

    /// The store has news that the memory does not.
    ///
    /// - Parameter mayBeLost: Whether somebody may have had the instance and never answered.
    mutating func mustLoad(_ news: InstanceNews, mayBeLost: Bool = false) {
        changeSlot(news) { slot in
            slot.messages = []
            slot.mustLoad = true
            slot.mayBeLost = slot.mayBeLost || mayBeLost
        }
    }

    /// Hands the next instance out.
    mutating func next(_ filter: RouteFilter) -> Ready? {
        turns += 1
        let beginsFirst = turns % Self.turnsPerBeginning == 0
        guard
            let id = take(filter, beginsFirst ? \.beginning : \.goingOn)
                ?? take(filter, beginsFirst ? \.goingOn : \.beginning), let slot = slots[id]
        else { return nil }
        waitingCount -= 1
        inFlightCount += 1
        slots[id] = Slot(
            news: slot.news, resultsInFlight: slot.results, startInFlight: slot.start, isInFlight: true)
        return Ready(
            news: slot.news, messages: slot.messages, results: slot.results, start: slot.start,
            mustLoad: slot.mustLoad, mayBeLost: slot.mayBeLost)
    }

    private mutating func take(_ filter: RouteFilter, _ part: WritableKeyPath<Line, FIFO<Place>>) -> String? {
        var oldest: (route: WorkRoute, ticket: UInt64)?
        for (route, line) in lines {
            guard let first = line[keyPath: part].first, filter.admits(route) else { continue }
            if first.ticket < oldest?.ticket ?? .max { oldest = (route, first.ticket) }
        }
        guard let oldest else { return nil }
        let id = lines[oldest.route]?[keyPath: part].popFirst()?.id
        if let id { slots[id]?.ticket = 0 }
        tidy(oldest.route)
        return id
    }

    /// A place was left by its instance.
    private mutating func leavePlace(in route: WorkRoute) {
        waitingCount -= 1
        lines[route]?.left += 1
        tidy(route)
    }

    /// Drops places that were left: those at the front, and all of them once they are the most.
    private mutating func tidy(_ route: WorkRoute) {
        guard var line = lines[route] else { return }
        if line.left > 0 {
            lines[route] = nil
            let mustClear = line.left > line.count
            for part in [\Line.goingOn, \Line.beginning] {
                let count = line[keyPath: part].count
                if mustClear { line[keyPath: part].remove { !holds($0) } }
                while let first = line[keyPath: part].first, !holds(first) { _ = line[keyPath: part].popFirst() }
                line.left -= count - line[keyPath: part].count
            }
            lines[route] = line
        }
        // There may be any number of names and versions in the life of a hub.
        if line.isEmpty, lines.count > Self.keptLines { lines[route] = nil }
    }

    private func holds(_ place: Place) -> Bool { slots[place.id]?.ticket == place.ticket }

    /// How many instances wait for workers of some routes.
    func waitingCount(_ isMeant: (WorkRoute) -> Bool) -> Int {
        lines.reduce(0) { isMeant($1.key) ? $0 + $1.value.count : $0 }
    }

    /// The instance ended although nobody had it in hand: nothing of it waits any more.
    ///
    /// - Returns: who waits for what was not stored.
    mutating func drop(_ id: String) -> [CheckedContinuation<Bool, Never>] {
        guard let slot = slots[id], !slot.isInFlight else { return [] }
        slots[id] = nil
        runs[id] = nil
        if slot.ticket > 0 { leavePlace(in: slot.news.route) }
        return slot.results.map(\.waiter) + [slot.start?.waiter].compactMap(\.self)
    }

    /// The results that were handed out with an instance, when their fate is known.
    mutating func takeResultsInFlight(_ id: String) -> [PendingResult] {
        defer { slots[id]?.resultsInFlight = [] }
        return slots[id]?.resultsInFlight ?? []
    }

    /// Sorts the results that were handed out with an instance by whether they are meant for its current run.
    mutating func keepResultsInFlight(
        _ id: String, of executionID: String
    ) -> (kept: [PendingResult], refused: [PendingResult]) {
        let results = slots[id]?.resultsInFlight ?? []
        let kept = results.filter { $0.item.executionID == executionID }
        slots[id]?.resultsInFlight = kept
        return (kept, results.filter { $0.item.executionID != executionID })
    }

    /// The start that was handed out with an instance, when its fate is known.
    mutating func takeStartInFlight(_ id: String) -> PendingStart? {
        defer { slots[id]?.startInFlight = nil }
        return slots[id]?.startInFlight
    }

    /// The starts that wait for a worker.
    mutating func takeStarts() -> [PendingStart] {
        let starts = slots.values.compactMap(\.start)
        for start in starts { slots[start.start.event.instanceID]?.start = nil }
        return starts
    }

    /// The instance's run is over.
    ///
    /// - Returns: the results that came for it.
    mutating func endRun(_ id: String) -> [PendingResult] {
        runs[id] = nil
        defer { slots[id]?.results = [] }
        return slots[id]?.results ?? []
    }

    /// The results that wait for episodes of a worker that stops fetching.
    mutating func takeResults(joining intake: Intake) -> [PendingResult] {
        var taken: [PendingResult] = []
        for (id, slot) in slots where slot.results.contains(where: { $0.item.joins == intake }) {
            taken += slot.results.filter { $0.item.joins == intake }
            slots[id]?.results.removeAll { $0.item.joins == intake }
        }
        return taken
    }

    /// Whether instances wait for workers of some routes.
    func hasWaiting(_ isMeant: (WorkRoute) -> Bool) -> Bool {
        lines.contains { !$0.value.isEmpty && isMeant($0.key) }
    }

    /// Forgets instances that wait for workers of some routes; the store knows all that was stored.
    ///
    /// - Returns: them, and who waits for what was not stored.
    mutating func takeWaiting(
        _ isTaken: (WorkRoute) -> Bool
    ) -> (instances: [InstanceNews], unstored: [CheckedContinuation<Bool, Never>]) {
        var instances: [InstanceNews] = []
        var unstored: [CheckedContinuation<Bool, Never>] = []
        for (route, line) in lines where isTaken(route) {
            lines[route] = nil
            for place in line.goingOn.all + line.beginning.all where holds(place) {
                waitingCount -= 1
                runs[place.id] = nil
                guard let slot = slots.removeValue(forKey: place.id) else { continue }
                instances.append(slot.news)
                unstored += slot.results.map(\.waiter) + [slot.start?.waiter].compactMap(\.self)
            }
        }
        return (instances, unstored)
    }

    /// Forgets who waits; what is in flight is refused when it is completed.
    ///
    /// - Returns: who waits for what was not stored.
    mutating func forgetWaiting() -> [CheckedContinuation<Bool, Never>] {
        let waiters = slots.values.flatMap(\.results).map(\.waiter) + slots.values.compactMap(\.start?.waiter)
        slots = slots.filter(\.value.isInFlight).mapValues { slot in
            Slot(
                news: slot.news, resultsInFlight: slot.resultsInFlight, startInFlight: slot.startInFlight,
                isInFlight: true)
        }
        lines = [:]
        runs = [:]
        waitingCount = 0
        return waiters
    }

    /// The instance was processed, or there was nothing to process; later news hand it out again.
    ///
    /// - Parameters:
    ///   - mustReload: Whether the store may still have news.
    ///   - mayBeLost: Whether nobody answered.
    mutating func finished(_ id: String, mustReload: Bool, mayBeLost: Bool = false) {
        guard var slot = slots[id], slot.isInFlight else { return }
        inFlightCount -= 1
        slot.isInFlight = false
        slot.loaded = []
        if mustReload {
            slot.messages = []
            slot.mustLoad = true
            slot.mayBeLost = slot.mayBeLost || mayBeLost
        }
        slots[id] = slot.hasNews ? slot : nil
        enqueueIfNews(id)
    }

    private mutating func changeSlot(_ news: InstanceNews, _ change: (inout Slot) -> Void) {
        if let known = slots[news.id]?.news, known != news { rename(news, before: known) }
        change(&slots[news.id, default: Slot(news: news)])
        enqueueIfNews(news.id)
    }

    /// An instance is of another version, or another orchestration, since it continued as new or was replaced.
    private mutating func rename(_ news: InstanceNews, before known: InstanceNews) {
        slots[news.id]?.news = news
        guard let slot = slots[news.id], slot.ticket > 0, known.route != news.route else { return }
        slots[news.id]?.ticket = 0
        leavePlace(in: known.route)
    }

    private mutating func enqueueIfNews(_ id: String) {
        guard let slot = slots[id], slot.hasNews, !slot.isInFlight, slot.ticket == 0 else { return }
        lastTicket += 1
        slots[id]?.ticket = lastTicket
        waitingCount += 1
        let place = Place(id: id, ticket: lastTicket)
        let route = slot.news.route
        if slot.isBeginning {
            lines[route, default: Line()].beginning.append(place)
        } else {
            lines[route, default: Line()].goingOn.append(place)
        }
    }
}

/// The result of an activity that waits in memory for the episode that it causes.
struct PendingResult: Sendable {
    var event: HistoryEvent
    /// The large payload that it refers to.
    var payloads: [NewPayload] = []
    var item: ActivityWorkItem
    /// Told whether the result was stored; whoever waits must store it otherwise.
    var waiter: CheckedContinuation<Bool, Never>
}

/// An instance that waits in memory to be stored with its first episode.
final class PendingStart: Sendable {
    let start: NewStart
    /// Told whether the instance was stored; whoever waits must store it otherwise.
    let waiter: CheckedContinuation<Bool, Never>

    init(start: NewStart, waiter: CheckedContinuation<Bool, Never>) {
        self.start = start
        self.waiter = waiter
    }
}

/// Which instances a fetch is for.
enum RouteFilter: Sendable, Equatable {
    case orchestrations(WorkFilter)
    case entities(WorkFilter)
    case activities(WorkFilter)

    func admits(_ route: WorkRoute) -> Bool {
        switch (self, route) {
        case (.orchestrations(let filter), .orchestration(let work)), (.activities(let filter), .activity(let work)):
            filter.admits(work.name, version: work.version)
        case (.entities(let filter), .entity(let name)): filter.admits(name)
        default: false
        }
    }
}
