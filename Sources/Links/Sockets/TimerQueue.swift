// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Something that happens on a loop at a certain time.
///
/// It is used on that loop only.
package final class LoopTimer {
    /// When it happens.
    package let due: Milliseconds
    fileprivate var action: (() -> Void)?

    fileprivate init(due: Milliseconds, _ action: @escaping () -> Void) {
        self.due = due
        self.action = action
    }
}

/// Timers, the next one first: a binary heap.
struct TimerQueue {
    private var heap: [LoopTimer] = []
    /// How many of them are cancelled; they stay until their time comes, or until they are the most.
    private var cancelled = 0

    /// How many are kept, some of the cancelled among them.
    var count: Int { heap.count }

    /// When to ask ``next(at:)`` again; nil when nothing is due ever.
    var firstDue: Milliseconds? { heap.first?.due }

    mutating func add(due: Milliseconds, _ action: @escaping () -> Void) -> LoopTimer {
        let timer = LoopTimer(due: due, action)
        heap.append(timer)
        rise(from: heap.count - 1)
        return timer
    }

    mutating func cancel(_ timer: LoopTimer) {
        guard timer.action != nil else { return }
        timer.action = nil
        cancelled += 1
        guard cancelled > 64, cancelled > heap.count / 2 else { return }
        // Sorted is a heap, too.
        heap = heap.filter { $0.action != nil }.sorted { $0.due < $1.due }
        cancelled = 0
    }

    /// Takes the action of a timer that is due.
    mutating func next(at now: Milliseconds) -> (() -> Void)? {
        while let first = heap.first, first.due <= now {
            removeFirst()
            if let action = first.action {
                first.action = nil
                return action
            }
            cancelled -= 1
        }
        return nil
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while let child = smallerChild(of: parent), heap[child].due < heap[parent].due {
            heap.swapAt(child, parent)
            parent = child
        }
    }

    private func smallerChild(of parent: Int) -> Int? {
        let left = 2 * parent + 1
        guard left < heap.count else { return nil }
        return left + 1 < heap.count && heap[left + 1].due < heap[left].due ? left + 1 : left
    }

    private mutating func rise(from index: Int) {
        var child = index
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }
}
