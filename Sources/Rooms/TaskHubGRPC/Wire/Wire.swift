// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Protobuf

/// The messages of `TaskHubSidecarService`, the Durable Task protocol as Microsoft's libraries speak it, under their
/// own names without `Event`, `Action` and `Instance` where nothing else has the name.
///
/// Fields that a later version of the protocol adds are kept where a message is given back.
enum Wire {
    /// A message without fields.
    struct Empty: ProtobufMessage, Equatable {
        var unknownFields = ProtobufUnknownFields()

        mutating func decode(_ field: Int, from reader: inout ProtobufReader) {}

        func encode(into writer: inout ProtobufWriter) {}
    }

    /// A state in an instance's life.
    enum OrchestrationStatus: Int32, Sendable {
        case running = 0
        case completed = 1
        case continuedAsNew = 2
        case failed = 3
        case canceled = 4
        case terminated = 5
        case pending = 6
        case suspended = 7
    }

    /// What a worker can do beyond the minimum.
    enum WorkerCapability: Int32, Sendable {
        case historyStreaming = 1
        case scheduledTasks = 2
        case largePayloads = 3
    }
}

extension ProtobufReader {
    /// Reads one of several messages of which at most one is set.
    mutating func readCase<Kind, Message: ProtobufMessage>(
        _ current: Kind?, _ wrap: (Message) -> Kind
    ) throws -> Kind? {
        var message: Message?
        try read(&message)
        return message.map(wrap) ?? current
    }

    /// Reads a text that is one of several fields of which at most one is set.
    mutating func readTextCase<Kind>(_ current: Kind?, _ wrap: (String) -> Kind) throws -> Kind? {
        var text: String?
        try read(&text)
        return text.map(wrap) ?? current
    }
}
