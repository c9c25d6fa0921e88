// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Where settings come from.
///
/// Flags before the environment before the file. What none of them names has its default.
public struct SettingsSources: Sendable {
    /// The file's text and name, when there is a file.
    public var file: (name: String, text: [UInt8])?
    /// The environment; `DARKROOM_STORAGE_PORT` is `storage.port`.
    public var environment: [String: String]
    /// Flags by key: `["storage.port": "10000"]`.
    public var flags: [String: String]

    /// Settings from these places.
    public init(
        file: (name: String, text: [UInt8])? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) {
        self.file = file
        self.environment = environment
        self.flags = flags
    }

    /// What every variable that is a setting begins with.
    static let environmentPrefix = "DARKROOM_"

    /// The environment's name of a key.
    public static func environmentName(of key: String) -> String {
        var name = environmentPrefix
        for character in key {
            if character == "." {
                name += "_"
            } else if character.isUppercase {
                name += "_\(character)"
            } else {
                name += character.uppercased()
            }
        }
        return name
    }
}
