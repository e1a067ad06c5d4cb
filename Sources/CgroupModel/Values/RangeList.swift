/// A list of CPU or memory node numbers in the kernel's format: `0-3,8`.
package struct RangeList: Hashable, Sendable, CustomStringConvertible {
    /// The numbers in ascending order, without duplicates.
    package let numbers: [Int]

    /// The highest valid number, far above that of any host.
    private static let largest = 65_535

    /// Creates a list from numbers in any order.
    package init(_ numbers: some Sequence<Int>) { self.numbers = Set(numbers).sorted() }

    /// Parses `0-3,8`; an empty text is an empty list, anything else is nil.
    package init?(_ text: String) {
        var found: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: !text.contains(",")) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            let values = ends.compactMap { Self.number($0) }
            guard values.count == ends.count, (1...2).contains(values.count) else { return nil }
            let (first, last) = (values[0], values[values.count - 1])
            guard first <= last, last <= Self.largest else { return nil }
            found.formUnion(first...last)
        }
        numbers = found.sorted()
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy(\.isDigit) ? Int(text) : nil
    }

    /// Whether the list is empty.
    package var isEmpty: Bool { numbers.isEmpty }

    /// Whether the other list contains all numbers of this one.
    package func isSubset(of other: RangeList) -> Bool {
        Set(numbers).isSubset(of: other.numbers)
    }

    /// The numbers in both lists.
    package func intersection(_ other: RangeList) -> RangeList {
        RangeList(Set(numbers).intersection(other.numbers))
    }

    /// The shortest form, in the kernel's format.
    package var description: String {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            parts.append(end == index ? "\(numbers[index])" : "\(numbers[index])-\(numbers[end])")
            index = end + 1
        }
        return parts.joined(separator: ",")
    }
}
