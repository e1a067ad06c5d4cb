/// An index into one of the engine's tables.
///
/// Each kind of index is a type of its own, so that a row cannot be mistaken for a rule.
protocol TableIndex: Hashable, Strideable, Sendable where Stride == Int {
    /// The index, counted from 0.
    var number: Int { get }
    init(_ number: Int)
}

extension TableIndex {
    static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    static func == (left: Self, right: Self) -> Bool { left.number == right.number }
    func distance(to other: Self) -> Int { other.number - number }
    func advanced(by distance: Int) -> Self { Self(number + distance) }
}

/// The index of a cgroup in the engine's tables (``CgroupRows``).
struct Row: TableIndex {
    let number: Int
    init(_ number: Int) { self.number = number }

    /// The row of an aggregate rule's only state.
    static let whole = Row(0)
}

/// The index of a rule in the order of evaluation.
struct RuleIndex: TableIndex {
    let number: Int
    init(_ number: Int) { self.number = number }
}

/// The index of a value among those of one cgroup.
struct ValueSlot: TableIndex {
    let number: Int
    init(_ number: Int) { self.number = number }
}

/// An array whose index is a type of its own.
struct Table<Index: TableIndex, Element> {
    private var elements: [Element] = []

    init() {}

    init(repeating element: Element, count: Int) {
        elements = Array(repeating: element, count: count)
    }

    mutating func append(_ element: Element) { elements.append(element) }

    /// Appends elements until there are `count`.
    mutating func grow(to count: Int, with element: @autoclosure () -> Element) {
        while elements.count < count { elements.append(element()) }
    }
}

extension Table: Sendable where Element: Sendable {}

extension Table: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
    var startIndex: Index { Index(0) }
    var endIndex: Index { Index(elements.count) }
    var indices: Range<Index> { startIndex..<endIndex }

    subscript(index: Index) -> Element {
        _read { yield elements[index.number] }
        _modify { yield &elements[index.number] }
    }

    mutating func replaceSubrange(
        _ range: Range<Index>, with new: some Collection<Element>
    ) {
        elements.replaceSubrange(range.lowerBound.number..<range.upperBound.number, with: new)
    }
}
