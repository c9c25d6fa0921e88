// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import HTTPServer
import Sockets
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    @Test func curlSpeaksToItOverTLS() async throws {
        let folder = try TemporaryFolder()
        let certificate = try await Self.certificate(in: folder)
        let bytes = ResponseBodyTests.pattern(3_000_000)
        let file = try folder.file("data", bytes)
        try await Server.running(.init(certificate: certificate)) { request, body in
            switch request.path {
            case "/bytes": return HTTPResponse(status: 200, body: .bytes(bytes))
            case "/file":
                let region = HTTPFileRegion(owning: unsafe open(file, O_RDONLY), offset: 0, length: Int64(bytes.count))
                return HTTPResponse(status: 200, body: .file(region))
            case "/stream": return HTTPResponse(status: 200, body: .stream(length: nil) { try await $0.write(bytes) })
            default:
                let received = try await body.collect(upTo: 1 << 24)
                #expect(request.isSecure)
                return HTTPResponse(status: isSame(received[...], bytes[...]) ? 201 : 400)
            }
        } _: { server in
            for path in ["bytes", "file", "stream"] {
                let copy = "\(folder.path)/\(path)"
                let outcome = try await curl(certificate, "-o", copy, server.url(path))
                #expect(outcome.status == 0)
                #expect(try await Command.run("cmp", copy, file).status == 0)
            }
            let upload = try await curl(certificate, "-T", file, "-w", "%{http_code}", server.url("upload"))
            #expect(upload.output == "201")
        }
    }

    @Test func aRefusalInTheMiddleOfTheBodyReachesCurlOverTLS() async throws {
        let folder = try TemporaryFolder()
        let certificate = try await Self.certificate(in: folder)
        let file = try folder.file("data", [UInt8](repeating: 0, count: 10_000_000))
        let outcome = try await Server.running(.init(certificate: certificate)) { _, body in
            _ = try await body.read(upTo: 1000)
            return HTTPResponse(status: 413)
        } _: { server in
            try await curl(certificate, "-H", "Expect:", "-T", file, "-w", "%{http_code}", server.url("upload"))
        }
        #expect(outcome.output == "413" && outcome.status == 0)
    }

    @Test func oldVersionsAreRefused() async throws {
        let folder = try TemporaryFolder()
        let certificate = try await Self.certificate(in: folder)
        try await Server.running(.init(certificate: certificate)) { _, _ in
            HTTPResponse(status: 200)
        } _: { server in
            let old = try await curl(certificate, "--tls-max", "1.1", server.url(""))
            #expect(old.status != 0)
            let good = try await curl(certificate, "--tls-max", "1.2", server.url(""))
            #expect(good.status == 0)
        }
    }

    @Test func aClientThatDoesNotSpeakTLSIsCut() async throws {
        let folder = try TemporaryFolder()
        let certificate = try await Self.certificate(in: folder)
        var limits = HTTPServerLimits()
        limits.headTime = .milliseconds(300)
        try await Server.running(.init(limits: limits, certificate: certificate)) { _, _ in
            HTTPResponse(status: 200)
        } _: { server in
            let plain = await server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", finishing: false)
            #expect(plain.isClosed && plain.statuses.isEmpty)
            let silent = await server.answer(to: "", finishing: false)
            #expect(silent.isClosed && silent.bytes.isEmpty)
        }
    }

    @Test func filesThatAreNoCertificateAreSaidSo() async throws {
        let folder = try TemporaryFolder()
        let good = try await Self.certificate(in: folder)
        let other = try await Self.certificate(in: folder, named: "other")
        let locked = "\(folder.path)/locked.key"
        let lock = try await Command.run(
            "openssl", "rsa", "-aes128", "-passout", "pass:secret", "-in", good.keyFile, "-out", locked)
        try #require(lock.status == 0)
        let garbage = try folder.file("garbage", Array("not a certificate".utf8))
        for (chain, key) in [
            ("\(folder.path)/missing", good.keyFile), (garbage, good.keyFile), (good.chainFile, garbage),
            (good.chainFile, other.keyFile), (good.chainFile, locked),
        ] {
            let listener = HTTPListener(
                configuration: HTTPServerConfiguration(certificate: .init(chainFile: chain, keyFile: key)),
                responder: Responder { _, _ in HTTPResponse(status: 200) }, loops: try EventLoops(count: 1))
            let error = #expect(throws: SocketError.self) { try listener.bind() }
            #expect(error?.code == .certificateUnusable)
        }
    }

    private func curl(
        _ certificate: TLSCertificate, _ arguments: String...
    ) async throws -> Command.Outcome {
        try await Command.run("curl", ["-s", "-m", "30", "--cacert", certificate.chainFile] + arguments)
    }

    private static func certificate(
        in folder: TemporaryFolder, named name: String = "server"
    ) async throws -> TLSCertificate {
        let chain = "\(folder.path)/\(name).pem"
        let key = "\(folder.path)/\(name).key"
        let outcome = try await Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", chain,
            ])
        try #require(outcome.status == 0)
        return TLSCertificate(chainFile: chain, keyFile: key)
    }
}

extension Server {
    fileprivate func url(_ path: String) -> String { "https://127.0.0.1:\(port)/\(path)" }
}
