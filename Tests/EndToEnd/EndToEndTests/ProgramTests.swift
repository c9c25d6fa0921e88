// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Peers
import Testing

/// The real program, driven from outside by programs that share no code with it.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ProgramTests {
    @Test func losesAndDoublesNothingWhenKilledAtRandomTimes() async throws {
        let outcome = try await Script("Tests/EndToEnd/Scripts/crash.py").run([
            "--darkroom", try Script.darkroom.path, "--pictures", "300", "--kills", "10",
        ])
        print(outcome.text)
        #expect(outcome.status == 0)
    }

    @Test func givesEveryHostilePictureItsReasonAndItsNeighboursTheirTurn() async throws {
        let outcome = try await Script("Tests/EndToEnd/Scripts/hostile.py").run([
            "--darkroom", try Script.darkroom.path,
        ])
        print(outcome.text)
        #expect(outcome.status == 0)
    }

    @Test func doesWhatItsVerbsSay() async throws {
        let outcome = try await Script("Tests/EndToEnd/Scripts/commands.py").run([
            "--darkroom", try Script.darkroom.path,
        ])
        print(outcome.text)
        #expect(outcome.status == 0)
    }
}
