// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Basics
import Crypto
import Testing

/// Vectors of RFC 1321, FIPS 180-4 and RFC 4231.
struct DigestTests {
    @Test(arguments: [
        (Digest.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
        (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func matchesThePublishedVectors(digest: Digest, text: String, expected: String) {
        #expect(hex(digest.of(text.utf8)) == expected)
    }

    @Test func takesBytesInPieces() {
        var hasher = Digest.Hasher(.sha256)
        for byte in Array("abc".utf8) { hasher.update([byte]) }
        hasher.update([])
        #expect(hasher.finalize() == Digest.sha256.of("abc".utf8))
    }

    @Test func authenticatesLikeThePublishedVector() {
        let code = hmacSHA256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
        #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func comparesCodes() {
        #expect(equalInConstantTime([1, 2], [1, 2]))
        #expect(!equalInConstantTime([1, 2], [1, 3]))
        #expect(!equalInConstantTime([1, 2], [1, 2, 3]))
        #expect(equalInConstantTime([], []))
    }
}
