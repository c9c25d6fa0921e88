// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Darkroom
import DurableTask
import FoundationEssentials
import Pipeline
import Testing

struct SettingsTests {
    private func load(
        _ text: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) throws -> Settings {
        let file = text.map { (name: "darkroom.json", text: Array($0.utf8)) }
        return try Settings.load(from: SettingsSources(file: file, environment: environment, flags: flags))
    }

    private func problem(
        _ text: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) -> String {
        do {
            _ = try load(text, environment: environment, flags: flags)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func isAWorkingSystemWithoutAnySetting() throws {
        let settings = try load()
        #expect(settings.data.path == "./darkroom-data")
        #expect(settings.storage.blobPort == 10_000)
        #expect(settings.storage.address == "127.0.0.1")
        #expect(settings.pipelines.containers == ["images-input", "optimized-images", "thumbnails"])
    }

    @Test func keepsItsSecretsOutOfTheTaskHub() throws {
        let file = "{ mail: { smtp: { host: 'mail', user: 'a', password: 'a long password' } } }"
        #expect(try load().hubConfiguration.secrets.count == 1)
        #expect(try load(file).hubConfiguration.secrets.count == 2)
    }

    @Test func takesFlagsBeforeTheEnvironmentBeforeTheFile() throws {
        let file = "{ storage: { blobPort: 1 }, /* a comment */ data: 'file', }"
        #expect(try load(file).storage.blobPort == 1)
        let environment = ["DARKROOM_STORAGE_BLOB_PORT": "2"]
        #expect(try load(file, environment: environment).storage.blobPort == 2)
        #expect(try load(file, environment: environment, flags: ["storage.blobPort": "3"]).storage.blobPort == 3)
        #expect(try load(file, environment: environment).data.path == "file")
    }

    @Test(arguments: [
        ("{ storage: { blobPrt: 1 } }", "did you mean \"storage.blobPort\""),
        ("{ storage: { blobPort: 70000 } }", "from 0 to 65535"),
        ("{ storage: { blobPort: 'x' } }", "must be a whole number"),
        ("{ storage: { blobPort: 1.5 } }", "must be a whole number"),
        ("{ data: 5 }", "must be text"),
        ("{ log: 'loud' }", "debug, info, warning, error"),
        ("[1]", "must hold one object"),
        ("{ data: ", "not valid JSON5"),
        ("{ pipelines: {} }", "must be a list"),
        ("{ pipelines: [{ name: 'a', source: 'in' }] }", "names no container"),
        (
            "{ pipelines: [{ name: 'a', source: 'photos/{name}', renditions: [{ name: 'x', container: 'photos' }] }] }",
            "its own output"
        ),
        (
            "{ pipelines: [{ name: 'a', source: 'i/{name}', renditions: [{ name: 'x', container: 'o', fti: 1 }] }] }",
            "did you mean \"fit\""
        ),
        ("{ storage: { address: '0.0.0.0' } }", "well-known development key"),
        ("{ storage: { accounts: [] } }", "at least one account"),
        ("{ storage: { tls: { key: 'a.pem' } } }", "both certificate and key"),
    ])
    func saysWhichSettingIsWrongAndWhatWouldBeRight(text: String, part: String) {
        let problem = problem(text)
        #expect(problem.contains(part), "\(problem)")
    }

    @Test func refusesAFlagThatIsNoSetting() {
        #expect(problem(flags: ["storage.blobPrt": "1"]).contains("did you mean"))
    }

    @Test func refusesAVariableThatIsNoSetting() {
        let problem = problem(environment: ["DARKROOM_STORAGE_BLOB_PROT": "1", "PATH": "/bin"])
        #expect(problem.contains("did you mean \"DARKROOM_STORAGE_BLOB_PORT\""), "\(problem)")
    }

    @Test func neverPrintsAKey() {
        let text = "{ storage: { accounts: [{ name: 'shop', key: 'c2VjcmV0IGtleQ=' }] } }"
        #expect(!problem(text).contains("c2Vjcm"))
    }

    @Test func describesEveryKeyForPeople() throws {
        let keys = try Settings.describeKeys()
        #expect(keys.contains { $0.key == "imaging.workers" && $0.meaning.contains("worker processes") })
        #expect(Set(keys.map(\.key)).count == keys.count)
    }

    @Test func documentsEveryKey() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/reference/settings.md"), encoding: .utf8)
        for key in try Settings.describeKeys().map(\.key) {
            #expect(page.contains("| `\(key)` |"), "docs/reference/settings.md has no line for \(key)")
        }
    }
}
