// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What a listener of a channel learns.
public enum PostgresNotification: Sendable, Equatable {
    /// From here on messages come in.
    ///
    /// What was sent before may have been missed: the connection is new, or the consumer was too slow. Read from the
    /// tables what the messages would have told.
    case listening
    /// Somebody committed a notification with this payload, which may be empty.
    case message(String)
}
