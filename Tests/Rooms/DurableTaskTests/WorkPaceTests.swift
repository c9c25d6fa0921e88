// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import FoundationEssentials
import Testing

@testable import DurableTask

/// What a process keeps for itself of a shared hub.
struct WorkPaceTests {
    private let begin = Date(millisecondsSince1970: 1_000_000)

    private func time(_ milliseconds: Int) -> Date { begin.adding(.milliseconds(milliseconds)) }

    @Test func anIdleProcessKeepsTheLeast() {
        var pace = WorkPace()
        #expect(pace.room(at: begin, least: 128) == 128)
        pace.note(at: begin)
        #expect(pace.room(at: begin, least: 128) == 128)
    }

    @Test func aBusyProcessKeepsWhatItWillSoonDo() {
        var pace = WorkPace()
        for number in 0..<1_000 { pace.note(at: time(number)) }
        #expect((240...260).contains(pace.room(at: time(1_000), least: 10)))
        #expect(pace.room(at: time(2_000), least: 10) == 10)
    }

    @Test func aClockThatIsSetBackBeginsAnew() {
        var pace = WorkPace()
        for _ in 0..<50 { pace.note(at: time(0)) }
        #expect(pace.room(at: time(-10_000), least: 1) == 50)
        #expect(pace.room(at: time(-9_000), least: 1) == 1)
    }
}
