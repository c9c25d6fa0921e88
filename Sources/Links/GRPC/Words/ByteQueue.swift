// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Bytes that wait to be sent, in the pieces in which they came.
struct ByteQueue {
    private var pieces: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ piece: [UInt8]) {
        guard !piece.isEmpty else { return }
        pieces.append(piece)
        count += piece.count
    }

    /// Moves bytes from the front into `target`.
    ///
    /// - Returns: How many.
    @unsafe
    mutating func move(into target: UnsafeMutableRawBufferPointer) -> Int {
        var moved = 0
        while moved < target.count, first < pieces.count {
            let size = min(pieces[first].count - offset, target.count - moved)
            unsafe pieces[first].withUnsafeBytes { piece in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[moved..<moved + size])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece[offset..<offset + size]))
            }
            moved += size
            pass(size)
        }
        count -= moved
        return moved
    }

    mutating func removeAll() { self = ByteQueue() }

    private mutating func pass(_ size: Int) {
        offset += size
        guard offset == pieces[first].count else { return }
        pieces[first] = []
        first += 1
        offset = 0
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 32, first > pieces.count / 2 {
            pieces.removeFirst(first)
            first = 0
        }
    }
}
