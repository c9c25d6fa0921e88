// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Peers
import Sockets
import Testing

@testable import GRPC

/// Python's client at our server.
@Suite struct PythonClientTests {
    /// Runs all checks of the client; each prints whether it passed.
    private func check(_ server: TestServer, trusting certificate: String? = nil, in folder: String) async throws {
        let arguments = ["\(server.address.port)"] + (certificate.map { [$0] } ?? [])
        let output = try await PythonProgram.run("grpc_client.py", arguments, in: folder)
        let lines = output.text.split(separator: "\n").filter { $0.hasPrefix("check_") }
        #expect(lines.count == 15, "\(output.text)")
        for line in lines { #expect(line.hasSuffix(" ok")) }
    }

    @Test(.timeLimit(.minutes(5)))
    func allItsChecksPass() async throws {
        try await withTemporaryFolder { folder in
            try await TestServer.with { try await check($0, in: folder) }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func allItsChecksPassOverTLS() async throws {
        try await withTemporaryFolder { folder in
            try makeCertificate(in: folder)
            let chain = "\(folder)/certificate.pem"
            let certificate = TLSCertificate(chainFile: chain, keyFile: "\(folder)/key.pem")
            try await TestServer.with(GRPCServerConfiguration(certificate: certificate)) { server in
                try await check(server, trusting: chain, in: folder)
            }
        }
    }
}
