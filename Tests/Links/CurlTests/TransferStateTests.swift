// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import Curl

/// The machine behind a transfer, without a network.
struct TransferStateTests {
    private final class Bell: Sendable {
        private let count = Atomic(0)
        var rings: Int { count.load(ordering: .sequentiallyConsistent) }
        func ring() { count.add(1, ordering: .sequentiallyConsistent) }
    }

    private func state(incoming: Int = 10, pieces: Int = 2, head: Int = 100) -> TransferState {
        TransferState(limits: .init(incoming: incoming, outgoingPieces: pieces, head: head))
    }

    private func send(_ state: inout TransferState, room: Int) -> (bytes: [UInt8], flow: TransferState.Flow) {
        var flow = TransferState.Flow.aborted
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            let (result, wake) = unsafe state.send(into: UnsafeMutableRawBufferPointer(buffer))
            wake?()
            flow = result
            if case .moved(let moved) = result { count = moved }
        }
        return (bytes, flow)
    }

    @Test func pausesAPeerThatIsFasterThanItsReader() {
        var state = state(incoming: 10)
        #expect(state.receive(1...10).flow == .moved(10))
        #expect(state.receive([11]).flow == .paused)
        let (bytes, unpause) = state.read()
        #expect(bytes == Array(1...10))
        #expect(unpause)
        #expect(state.receive([11]).flow == .moved(1))
        #expect(state.read() == ([11], false))
    }

    @Test func takesOnePieceThatIsLargerThanTheWindow() {
        var state = state(incoming: 2)
        #expect(state.receive(1...10).flow == .moved(10))
        #expect(state.receive([11]).flow == .paused)
    }

    @Test func sendsPiecesInOrderAndPausesBetweenThem() {
        var state = state()
        #expect(send(&state, room: 4).flow == .paused)
        #expect(state.write([1, 2, 3, 4, 5]) == (true, true))
        #expect(state.write([6]) == (true, false))
        #expect(!state.isDue(.room))
        #expect(send(&state, room: 4).bytes == [1, 2, 3, 4])
        #expect(send(&state, room: 4).bytes == [5])
        #expect(state.isDue(.room))
        #expect(send(&state, room: 4).bytes == [6])
        #expect(send(&state, room: 4).flow == .paused)
        let unpause = state.finishWriting()
        #expect(unpause)
        #expect(send(&state, room: 4).flow == .moved(0))
    }

    @Test func wakesTheWriterOnceThereIsRoom() {
        var state = state(pieces: 1)
        let bell = Bell()
        _ = state.write([1, 2])
        state.wait(for: .room) { bell.ring() }
        _ = send(&state, room: 1)
        #expect(bell.rings == 0)
        _ = send(&state, room: 1)
        #expect(bell.rings == 1)
    }

    @Test func skipsInterimHeads() {
        var state = state()
        for line in ["HTTP/1.1 100 Continue", "", "HTTP/1.1 200 OK", "A: b"] { _ = state.receive(line: line) }
        #expect(!state.isDue(.head))
        _ = state.receive(line: "")
        #expect(state.isDue(.head))
        #expect(state.head.status == 200)
        #expect(state.head.lines == ["A: b"])
    }

    @Test func dropsTrailers() {
        var state = state()
        for line in ["HTTP/1.1 200 OK", "A: b", "", "T: u", ""] { _ = state.receive(line: line) }
        #expect(state.head.lines == ["A: b"])
    }

    @Test func abortsAHeadWithoutEnd() {
        var state = state(head: 20)
        #expect(state.receive(line: "HTTP/1.1 200 OK").flow == .moved(15))
        #expect(state.receive(line: "abcdef").flow == .aborted)
    }

    @Test(arguments: [(200, true), (299, true), (302, false), (413, false), (500, false)])
    func stopsWritingOnceThePeerRefused(status: Int, accepts: Bool) {
        var state = state(pieces: 1)
        let bell = Bell()
        _ = state.write([1])
        state.wait(for: .room) { bell.ring() }
        _ = state.receive(line: "HTTP/1.1 \(status) -")
        for wake in state.receive(line: "").wakes { wake() }
        #expect(bell.rings == (accepts ? 0 : 1))
        #expect(state.write([2]).accepted == accepts)
    }

    @Test func wakesEverybodyAtTheEndAndCountsOneEndOnly() {
        var state = state(pieces: 1)
        let bell = Bell()
        _ = state.write([1])
        state.wait(for: .head) { bell.ring() }
        state.wait(for: .incoming) { bell.ring() }
        state.wait(for: .room) { bell.ring() }
        for wake in state.finish(.failure(.cancelled)) { wake() }
        #expect(bell.rings == 3)
        let wakes = state.finish(.success(()))
        #expect(wakes.isEmpty)
        #expect(throws: CurlError.cancelled) { try state.outcome?.get() }
        #expect(state.write([2]) == (false, false))
    }

    @Test func letsTheReaderFinishWhatCameBeforeTheEnd() {
        var state = state()
        _ = state.receive([1, 2])
        _ = state.finish(.success(()))
        #expect(state.isDue(.incoming))
        #expect(state.read().bytes == [1, 2])
        #expect(state.read().bytes == [])
    }
}
