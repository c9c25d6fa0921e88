// Darkroom
// SPDX-License-Identifier: Apache-2.0

extension Array where Element: Sendable {
    /// What `transform` makes of each element, in the order of the elements, so many at once.
    ///
    /// - Throws: what the first `transform` threw that failed; the others are cancelled then.
    func concurrentMap<Value: Sendable>(
        atOnce limit: Int, _ transform: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var values = [Value?](repeating: nil, count: count)
            for (index, element) in enumerated() {
                if index >= limit, let (done, value) = try await group.next() { values[done] = value }
                group.addTask { (index, try await transform(element)) }
            }
            for try await (done, value) in group { values[done] = value }
            return values.compactMap(\.self)
        }
    }
}
