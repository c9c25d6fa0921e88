// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A queue whose ends cost constant time.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { head < elements.count ? elements[head] : nil }
    var all: [Element] { elements[head...].compactMap(\.self) }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        defer { advance() }
        return elements[head]
    }

    /// Drops elements wherever they are, in linear time.
    mutating func remove(where isDropped: (Element) -> Bool) {
        elements = all.filter { !isDropped($0) }
        head = 0
    }

    /// Drops the taken element; compacts once half of the storage is behind the head.
    private mutating func advance() {
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
    }
}

extension FIFO: Sendable where Element: Sendable {}
