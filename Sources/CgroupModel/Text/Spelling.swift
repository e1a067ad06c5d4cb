/// Finds similar names for suggestions.
package enum Spelling {
    /// The names most similar to a text, the nearest first; empty if none is similar.
    ///
    /// At most `farthest` bytes may differ; by default a third of them, but two of five to eight,
    /// and one of two to four. Leading dashes do not count. Short names with another digit are not
    /// similar: `v3` is not a mistyped `v1`.
    package static func names(
        like text: String, among names: [String], most: Int, farthest: Int? = nil
    ) -> [String] {
        let wanted = Array(text.utf8)
        // No name is that long, and the time grows with the product of both lengths.
        guard wanted.count <= 100 else { return [] }
        let letters = wanted.drop { $0 == UInt8(ascii: "-") }.count
        let isShort = farthest == nil && letters == 2
        let farthest = farthest ?? (letters < 5 ? min(1, letters / 2) : max(2, letters / 3))
        let near = names.compactMap { name -> (Int, String)? in
            guard abs(name.utf8.count - wanted.count) <= farthest else { return nil }
            if isShort,
                zip(wanted, name.utf8).contains(where: { $0 != $1 && $0.isDigit && $1.isDigit })
            {
                return nil
            }
            return distance(wanted, Array(name.utf8), atMost: farthest).map { ($0, name) }
        }
        return near.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.prefix(most).map(\.1)
    }

    /// `did you mean 'a' or 'b'?`.
    package static func question(_ names: [String]) -> String {
        "did you mean \(names.map { "'\($0)'" }.joined(separator: " or "))?"
    }

    /// Returns the question about the most similar name; `otherwise` if none is similar.
    package static func hint(
        for text: String, among names: [String], otherwise: String, farthest: Int? = nil
    ) -> String {
        let similar = self.names(like: text, among: names, most: 1, farthest: farthest)
        return similar.isEmpty ? otherwise : question(similar)
    }

    /// The number of bytes to insert, remove, replace or swap with their neighbor to turn one text
    /// into the other; nil if more than `most`.
    ///
    /// Only the cells near the diagonal are computed, so that thousands of names cost little.
    private static func distance(_ left: [UInt8], _ right: [UInt8], atMost most: Int) -> Int? {
        let far = most + 1
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforePrevious = [Int](repeating: far, count: right.count + 1)
        var previous = right.indices.map { min($0, far) } + [min(right.count, far)]
        var current = beforePrevious
        for (row, a) in left.enumerated() {
            let columns = max(0, row - most)..<min(right.count, row + most + 1)
            guard !columns.isEmpty else { return nil }
            current[columns.lowerBound] = min(row + 1, far)
            if columns.lowerBound > 0 { current[columns.lowerBound] = far }
            var nearest = current[columns.lowerBound]
            for column in columns {
                let b = right[column]
                let replaced = previous[column] + (a == b ? 0 : 1)
                let above = column + 1 < row + most + 1 ? previous[column + 1] : far
                var least = min(replaced, above + 1, current[column] + 1)
                if row > 0, column > 0, a == right[column - 1], b == left[row - 1] {
                    least = min(least, beforePrevious[column - 1] + 1)
                }
                current[column + 1] = min(least, far)
                nearest = min(nearest, least)
            }
            if nearest > most { return nil }
            (beforePrevious, previous, current) = (previous, current, beforePrevious)
        }
        return previous[right.count] > most ? nil : previous[right.count]
    }
}
