/// Finds similar names for suggestions.
package enum Spelling {
    /// The names most similar to a text, the nearest first; empty if none is similar.
    ///
    /// At most a third of the bytes may differ (but two always may), or `farthest` bytes.
    package static func names(
        like text: String, among names: [String], most: Int, farthest: Int? = nil
    ) -> [String] {
        let wanted = Array(text.utf8)
        // No name is that long, and the time grows with the product of both lengths.
        guard wanted.count <= 100 else { return [] }
        let farthest = farthest ?? max(2, wanted.count / 3)
        let near = names.filter { abs($0.utf8.count - wanted.count) <= farthest }
            .map { (distance(wanted, Array($0.utf8)), $0) }
        return near.filter { $0.0 <= farthest }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .prefix(most).map(\.1)
    }

    /// The number of bytes to insert, remove, replace or swap with their neighbor to turn one text
    /// into the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, a) in left.enumerated() {
            var current = [row + 1]
            for (column, b) in right.enumerated() {
                let replaced = previous[column] + (a == b ? 0 : 1)
                var least = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, a == right[column - 1], b == left[row - 1] {
                    least = min(least, beforePrevious[column - 1] + 1)
                }
                current.append(least)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
