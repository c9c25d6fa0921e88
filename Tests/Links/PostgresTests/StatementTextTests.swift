// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Postgres

struct StatementTextTests {
    @Test(
        arguments: [
            ("SELECT 1", "SELECT 1", 0),
            ("a = ? AND b = ?", "a = $1 AND b = $2", 2),
            ("?,?,?,?,?,?,?,?,?,?,?", "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11", 11),
            ("'?' || ?", "'?' || $1", 1),
            ("'it''s ?' || ?", "'it''s ?' || $1", 1),
            (#"'ends in \' || ?"#, #"'ends in \' || $1"#, 1),
            (#"E'quote \' ?' || ?"#, #"E'quote \' ?' || $1"#, 1),
            (#"some'\' || ?"#, #"some'\' || $1"#, 1),
            (#""what?" = ?"#, #""what?" = $1"#, 1),
            ("? -- why?\n, ?", "$1 -- why?\n, $2", 2),
            ("? /* ? /* ? */ ? */ ?", "$1 /* ? /* ? */ ? */ $2", 2),
            ("$$ ? $$ ?", "$$ ? $$ $1", 1),
            ("$a$ ? $b$ ? $a$ ?", "$a$ ? $b$ ? $a$ $1", 1),
            ("a$b$ ?", "a$b$ $1", 1),
            ("value ?? ?", "value ? $1", 1),
            ("'open ?", "'open ?", 0),
            ("/* open ?", "/* open ?", 0),
            ("$$ open ?", "$$ open ?", 0),
            ("日本 ? 'ż?'", "日本 $1 'ż?'", 1),
        ])
    func numbersParametersOutsideOfQuotes(sql: String, text: String, count: Int) {
        let statement = StatementText(sql)
        #expect(statement.text == text)
        #expect(statement.parameterCount == count)
    }
}
