// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("Tidy: lexer")
struct LexerTests {
    @Test(arguments: [
        ("let a = b // c", ["let", "a", "=", "b"]),
        ("a /* b /* c */ d */ e", ["a", "e"]),
        (#"say("x // y", z)"#, ["say", "(", "\"", ",", "z", ")"]),
        (#""a \(b("c")) d" e"#, ["\"", "b", "(", "\"", ")", "e"]),
        (#""a \" b" c"#, ["\"", "c"]),
        (##"#"a " \(b) \#(c)"# d"##, ["\"", "c", "d"]),
        ("\"\"\"\n \" a\n\"\"\" b", ["\"", "b"]),
        ("#if os(Linux)", ["#", "if", "os", "(", "Linux", ")"]),
    ])
    func keepsCodeAndDropsWhatIsQuotedOrCommented(code: String, words: [String]) {
        var lexer = Lexer(code)
        lexer.run()
        #expect(lexer.tokens.map(\.text) == words)
    }

    @Test func knowsTheLineOfEveryWordAndComment() {
        var lexer = Lexer("a // one\n\"\"\"\nquoted\n\"\"\"\nb /* two */")
        lexer.run()
        #expect(lexer.tokens.map(\.line) == [1, 2, 5])
        #expect(lexer.comments == [1: "// one", 5: "/* two */"])
    }
}
