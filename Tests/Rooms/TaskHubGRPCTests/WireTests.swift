// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Peers
import Protobuf
import Testing

@testable import TaskHubGRPC

/// The messages against the classes that the Python library was generated with.
struct WireTests {
    @Test(.timeLimit(.minutes(5)))
    func everyMessageIsReadAndWrittenAsThePythonLibraryDoes() async throws {
        try await withTemporaryFolder { folder in
            let made = try await PythonProgram.run("wire_messages.py", ["make", "7", "40"], in: folder)
            #expect(made.status == 0, "\(made.text)")
            let copies = try made.text.split(separator: "\n").map { try copy(of: $0) }
            let originals = URL(filePath: folder).appending(path: "originals")
            let written = URL(filePath: folder).appending(path: "copies")
            try Data(made.text.utf8).write(to: originals)
            try Data(copies.joined(separator: "\n").utf8).write(to: written)
            let checked = try await PythonProgram.run(
                "wire_messages.py", ["check", originals.path(), written.path()], in: folder)
            #expect(checked.status == 0 && checked.text == "\(copies.count)\n", "\(checked.text)")
        }
    }

    private struct UnknownType: Error { let name: Substring }

    private func copy(of line: Substring) throws -> String {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard let type = messageTypes[String(parts[0])] else { throw UnknownType(name: parts[0]) }
        return "\(parts[0]) \(digits(try recoded(type, bytes(parts[1]))))"
    }

    /// Written again, with nothing left over that no field took.
    private func recoded<Message: ProtobufMessage>(_ type: Message.Type, _ bytes: [UInt8]) throws -> [UInt8] {
        let message = try Message(protobuf: bytes)
        #expect(message.unknownFields.isEmpty, "\(type)")
        return message.protobuf
    }

    private func bytes(_ digits: Substring) -> [UInt8] {
        let values = digits.utf8.map { $0 > 96 ? $0 - 87 : $0 - 48 }
        return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }

    private func digits(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
