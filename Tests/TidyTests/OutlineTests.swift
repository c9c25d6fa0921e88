// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("Tidy: outline")
struct OutlineTests {
    @Test func findsWhatAFileDeclaresAndWhereItEnds() {
        let file = SwiftFile(
            "Sources/A.swift",
            """
            import Glibc
            /// A box.
            public struct Box<Value> {
                let value: Value
                public init(_ value: Value) { self.value = value }
                func open() -> Value {
                    let local = value
                    return local
                }
            }
            """)
        #expect(file.declarations.map(\.name) == ["Glibc", "Box", "value", "(", "open"])
        #expect(file.declarations.map(\.lastLine) == [1, 10, 4, 5, 9])
        #expect(file.declarations.map(\.enclosing) == [nil, nil, .struct, .struct, .struct])
        #expect(file.declarations.map(\.isPublic) == [false, true, false, true, false])
    }

    @Test(arguments: [
        ("func a() {}", 0),
        ("func a(_ b: [Int: Int], c: (_ d: Int) -> Void = { (e: Int) in }) {}", 2),
        ("func a<B: Sequence>(b: B, c: Dictionary<Int, Int>) where B.Element: Hashable {}", 2),
        ("static func == (left: A, right: A) -> Bool { true }", 2),
        ("init?(a: Int, b: Int, c: Int) {}", 3),
        ("subscript(a: Int) -> Int { a }", 1),
    ])
    func countsParameters(code: String, count: Int) {
        #expect(SwiftFile("Sources/A.swift", code).declarations.map(\.parameters) == [count])
    }

    @Test(arguments: [
        "let a = B.init(c)", "call(class: a, struct: b)", "let actor = Actor()", "self.init()", "a.protocol.extension",
    ])
    func seesNoDeclarationInAUse(code: String) {
        let file = SwiftFile("Sources/A.swift", "func outer() { \(code) }")
        #expect(file.declarations.map(\.kind) == [.func])
    }

    @Test func aRequirementHasNoBodyOfItsNeighbour() {
        let file = SwiftFile(
            "Sources/A.swift",
            """
            public protocol Store {
                func read() async throws -> Int
                func write(_ value: Int)
                var size: Int { get }
            }
            func after() {
            }
            """)
        #expect(file.declarations.map(\.lastLine) == [5, 2, 3, 4, 7])
        #expect(file.declarations.map(\.isPublicRequirement) == [false, true, true, true, false])
    }

    @Test func attributesAndModifiersBelongToTheDeclaration() {
        let file = SwiftFile(
            "Sources/A.swift",
            """
            @available(*, deprecated)
            @safe
            public private(set) static var a = 1
            """)
        #expect(file.declarations.map(\.firstLine) == [1])
        #expect(file.declarations.map(\.modifiers) == [["available", "safe", "public", "static"]])
    }
}
