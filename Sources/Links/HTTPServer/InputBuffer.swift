// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Bytes that were received and not yet used.
struct InputBuffer {
    private var storage: [UInt8] = []
    private var start = 0
    private var end = 0

    /// Room for a usual head; an idle connection gives it back.
    private static let initialSize = 4 << 10

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// Lends the bytes.
    func withSpan<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try body(storage.span.extracting(start..<end))
    }

    /// Forgets the first bytes.
    mutating func drop(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "no more is dropped than there is")
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Moves the first bytes into `target`.
    ///
    /// - Returns: How many.
    @unsafe
    mutating func move(into target: UnsafeMutableRawBufferPointer) -> Int {
        let moved = min(count, target.count)
        unsafe target.copyBytes(from: storage[start..<start + moved])
        drop(moved)
        return moved
    }

    /// Lets `receive` write behind the bytes.
    ///
    /// - Returns: What `receive` returns: how many bytes came, 0 at the end, nil for none now.
    mutating func fill(_ receive: (UnsafeMutableRawBufferPointer) throws -> Int?) rethrows -> Int? {
        makeRoom()
        let end = end
        let received = try unsafe storage.withUnsafeMutableBytes { storage in
            try unsafe receive(UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
        }
        if let received { self.end += received }
        return received
    }

    /// Gives the memory back, if no bytes are in it.
    mutating func shrink() {
        if isEmpty { storage = [] }
    }

    private mutating func makeRoom() {
        guard end == storage.count else { return }
        if start > 0 {
            storage.removeSubrange(0..<start)
            end -= start
            start = 0
        }
        storage += [UInt8](repeating: 0, count: max(Self.initialSize, storage.count))
    }
}
