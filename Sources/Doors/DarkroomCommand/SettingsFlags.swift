// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import FoundationEssentials

/// Takes the flags that name settings, and finds the file.
func settingsSources(_ arguments: inout Arguments) throws -> SettingsSources {
    var flags: [String: String] = [:]
    for pair in try arguments.values("--set") {
        guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
            throw CommandFailure.usage("--set takes KEY=VALUE, not \"\(pair)\"")
        }
        flags[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
    }
    if let data = try arguments.value("--data") { flags["data"] = data }
    if let port = try arguments.value("--port") { flags["storage.blobPort"] = port }
    return SettingsSources(
        file: try settingsFile(try arguments.value("--config")), environment: ProcessInfo.processInfo.environment,
        flags: flags)
}

/// The file that was named, which must be there, or `darkroom.json`, which need not.
private func settingsFile(_ named: String?) throws -> (name: String, text: [UInt8])? {
    let name = named ?? "darkroom.json"
    guard let text = FileManager.default.contents(atPath: name) else {
        guard let named else { return nil }
        throw CommandFailure(.notFound, "the settings file \(named) does not exist or cannot be read")
    }
    return (name, Array(text))
}
