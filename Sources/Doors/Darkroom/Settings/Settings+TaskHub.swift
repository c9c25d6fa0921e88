// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
package import DurableTask
import Mail

extension Settings {
    /// How the task hub works; it keeps the secrets of the settings out of its histories.
    package var hubConfiguration: HubConfiguration {
        var configuration = tasks.hubConfiguration
        configuration.secrets = KnownSecrets(
            storage.accounts.flatMap(\.keys).map(\.secret) + [mail.smtp?.login?.password].compactMap(\.self))
        return configuration
    }
}
