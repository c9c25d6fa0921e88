// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

struct HTTPFieldsTests {
    @Test func namesAreComparedWithoutCase() {
        let fields: HTTPFields = ["x-MS-Date": "a", "X-ms-date": "b", "x-ms-dat": "c"]
        #expect(fields["X-Ms-Date"] == "a")
        #expect(fields.values(of: "x-ms-date") == ["a", "b"])
        #expect(sameFieldName("Aa[z", "aA[Z") && !sameFieldName("[", "{") && !sameFieldName("a", "ab"))
    }

    @Test func settingReplacesAllInPlace() {
        var fields: HTTPFields = ["a": "1", "b": "2", "A": "3", "c": "4"]
        fields["A"] = "5"
        #expect(fields == ["A": "5", "b": "2", "c": "4"])
        fields["b"] = nil
        #expect(fields == ["A": "5", "c": "4"])
        fields["d"] = "6"
        fields.append("d", "7")
        #expect(fields.values(of: "D") == ["6", "7"])
    }
}

struct HTTPRequestBodyTests {
    /// A body from memory that knows only the plain way to read.
    private actor Pieces: HTTPRequestBody {
        nonisolated let length: Int64?
        private var pieces: [[UInt8]]

        init(_ pieces: [[UInt8]], length: Int64? = nil) {
            self.pieces = pieces
            self.length = length
        }

        func read(upTo limit: Int) -> [UInt8] { pieces.isEmpty ? [] : pieces.removeFirst() }
    }

    @Test func readingInPlaceIsReadingAndCopying() async throws {
        let body = Pieces([[1, 2, 3], [4]])
        var buffer = [UInt8](repeating: 9, count: 5)
        #expect(try await body.read(into: &buffer) == 3)
        #expect(buffer == [1, 2, 3, 9, 9])
        #expect(try await body.read(into: &buffer) == 1)
        #expect(buffer == [4, 2, 3, 9, 9])
        #expect(try await body.read(into: &buffer) == 0)
    }

    @Test func collectingStopsAtTheLimit() async throws {
        #expect(try await Pieces([[1, 2], [3]]).collect(upTo: 3) == [1, 2, 3])
        await #expect(throws: HTTPBodyTooLarge.self) { try await Pieces([[1, 2], [3]]).collect(upTo: 2) }
        await #expect(throws: HTTPBodyTooLarge.self) { try await Pieces([], length: 4).collect(upTo: 3) }
    }
}
