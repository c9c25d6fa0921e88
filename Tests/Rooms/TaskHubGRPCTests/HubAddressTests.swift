// Darkroom
// SPDX-License-Identifier: Apache-2.0

import TaskHubGRPC
import Testing

struct HubAddressTests {
    @Test func aConnectionStringNamesEndpointHubAndIdentity() throws {
        let address = try HubAddress(
            connectionString:
                "endpoint=https://s.region.durabletask.io; TASKHUB=pictures;Authentication=managedIdentity;clientID=7"
        )
        #expect(address.host == "s.region.durabletask.io")
        #expect(address.port == 443 && address.usesTLS)
        #expect(address.taskHub == "pictures")
        #expect(address.authentication == .token(kind: "ManagedIdentity"))
        #expect(address.identity == ["clientid": "7"])
    }

    @Test(arguments: [
        ("http://localhost:8080", "localhost", 8080, false), ("localhost:4001", "localhost", 4001, true),
        ("grpcs://hub/", "hub", 443, true), ("http://[::1]:5", "::1", 5, false), ("http://[::1]", "::1", 80, false),
    ])
    func endpointsTellTheirPortAndWhetherTheyAreOverTLS(
        text: String, host: String, port: Int, usesTLS: Bool
    ) throws {
        let address = try HubAddress(endpoint: text)
        #expect(address.host == host)
        #expect(Int(address.port) == port)
        #expect(address.usesTLS == usesTLS)
    }

    @Test func theEmulatorWantsNoToken() throws {
        let address = try HubAddress(
            connectionString: "Endpoint=http://localhost:8080;TaskHub=default;Authentication=None")
        #expect(address.authentication == .none)
    }

    @Test(arguments: [
        ("TaskHub=a;Authentication=None", "no Endpoint"), ("Endpoint=http://a;Authentication=None", "no TaskHub"),
        ("Endpoint=http://a;TaskHub=b;Authentication=Secret", "none of DefaultAzure"),
        ("Endpoint=http://a:99999;TaskHub=b;Authentication=None", "a port"), ("nonsense", "no ="),
        ("Endpoint=http://;TaskHub=b;Authentication=None", "no host"),
    ])
    func whatIsWrongIsNamedWithoutItsValue(text: String, reason: String) throws {
        let error = #expect(throws: InvalidConnectionString.self) { try HubAddress(connectionString: text) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains("Secret") == false)
    }
}
