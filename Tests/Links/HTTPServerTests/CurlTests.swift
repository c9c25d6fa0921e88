// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPServer
import Testing

/// A client that nobody here wrote.
@Suite(.timeLimit(.minutes(5)))
struct CurlTests {
    @Test(arguments: ["Expect: 100-continue", "Expect:"])
    func aRefusalBeforeTheBodyReachesCurl(expectation: String) async throws {
        let outcome = try await upload(bytes: 30_000_000, expectation) { _, _ in HTTPResponse(status: 413) }
        #expect(outcome.output.hasPrefix("|413"))
        #expect(outcome.status == 0)
    }

    @Test func aRefusalInTheMiddleOfTheBodyReachesCurl() async throws {
        let outcome = try await upload(bytes: 30_000_000, "Expect:") { _, body in
            _ = try await body.read(upTo: 100_000)
            return HTTPResponse(status: 413)
        }
        #expect(outcome.output.hasPrefix("|413"))
        #expect(outcome.status == 0)
    }

    @Test(arguments: ["Expect: 100-continue", "Expect:", "Transfer-Encoding: chunked"])
    func anUploadArrivesWhole(field: String) async throws {
        let outcome = try await upload(bytes: 10_000_000, field) { _, body in
            var sum = 0
            while case let piece = try await body.read(upTo: 1 << 18), !piece.isEmpty { sum += piece.count }
            return HTTPResponse(status: 201, body: .bytes(Array("\(sum)".utf8)))
        }
        #expect(outcome.output == "10000000|201")
        #expect(outcome.status == 0)
    }

    @Test func halfAnAnswerIsAnErrorForCurl() async throws {
        struct Failure: Error {}
        try await Server.running { _, _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    try await writer.write(Array("hello".utf8))
                    throw Failure()
                })
        } _: { server in
            for version in ["--http1.1", "--http1.0"] {
                let outcome = try await Command.run("curl", "-s", version, "http://127.0.0.1:\(server.port)/")
                #expect(outcome.status != 0)
            }
        }
    }

    private func upload(
        bytes: Int, _ field: String, answer: @escaping Responder.Answer
    ) async throws -> Command.Outcome {
        let folder = try TemporaryFolder()
        let file = try folder.file("upload", [UInt8](repeating: 0, count: bytes))
        return try await Server.running(answer: answer) { server in
            try await Command.run(
                "curl", "-s", "-m", "30", "-w", "|%{http_code}", "-H", field, "-T", file,
                "http://127.0.0.1:\(server.port)/")
        }
    }
}
