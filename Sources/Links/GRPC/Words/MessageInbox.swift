// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Messages that came and that nobody has taken yet, and what the peer may send meanwhile.
///
/// The peer sends as much as its window allows; taking messages gives it that room back, and not before the one who
/// takes them comes for more. While somebody waits and no message is complete, all room is given back at once: a
/// message may be longer than the window.
struct MessageInbox {
    private var assembler: MessageAssembler
    private var messages: [[UInt8]] = []
    /// Bytes that came and whose room was not given back.
    private var held = 0
    /// How many of them belong to what was taken.
    private var taken = 0
    private var isAwaited = false
    /// Bytes that the peer may send more, and has not been told of.
    private var room = 0
    private(set) var isEnded = false

    /// - Parameter limit: Bytes of a message.
    init(limit: Int) { assembler = MessageAssembler(limit: limit) }

    /// What ``take()`` gives.
    enum Taken {
        /// Messages that came, in their order.
        case messages([[UInt8]])
        /// There are none yet.
        case nothing
        /// No further ones come.
        case end
    }

    /// Takes bytes from the peer.
    ///
    /// - Throws: ``GRPCStatus`` when they are no messages.
    mutating func receive(_ bytes: Span<UInt8>) throws {
        held += bytes.count
        var complete: [[UInt8]] = []
        try assembler.receive(bytes) { complete.append($0) }
        messages += complete
        if !messages.isEmpty { isAwaited = false }
    }

    /// No further bytes come.
    ///
    /// - Throws: ``GRPCStatus`` when they end inside a message.
    mutating func end() throws {
        isEnded = true
        if !assembler.isBetweenMessages { throw GRPCStatus(.internalError, "the stream ends inside a message") }
    }

    /// Takes what is there; what was taken before is done with.
    mutating func take() -> Taken {
        held -= taken
        room += taken
        taken = 0
        guard messages.isEmpty else {
            defer { messages = [] }
            taken = held
            return .messages(messages)
        }
        isAwaited = !isEnded
        return isEnded ? .end : .nothing
    }

    /// How many bytes the peer may send more; each is told once.
    mutating func takeRoom() -> Int {
        if isAwaited {
            room += held
            held = 0
        }
        defer { room = 0 }
        return room
    }
}
