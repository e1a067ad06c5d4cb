/// Decodes what ``ChangeWriter`` wrote, all groups or some, and validates everything.
struct ChangeReader {
    private typealias Places = ChangeWriter.Places

    /// A group with changes.
    struct Group {
        let number: Int
        var bytes: Range<Int>
    }

    /// The groups with changes, ascending.
    private(set) var groups: [Group] = []
    private let bytes: [UInt8]
    /// The last group that was opened, and its places.
    private var last: (index: Int, places: [Int32])?

    /// Reads the list of groups; their byte ranges begin at 0 until ``begin(at:)`` is called.
    init(_ input: inout RunReader, groups limit: Int) throws(FrameError) {
        bytes = input.bytes
        var next = 0
        var offset = 0
        let count = try input.count(upTo: limit)
        groups.reserveCapacity(count)
        for _ in 0..<count {
            let number = next + (try input.count(upTo: limit))
            let length = try input.count(upTo: bytes.count)
            guard number < limit, offset + length <= bytes.count else {
                throw input.error(.malformed)
            }
            groups.append(Group(number: number, bytes: offset..<offset + length))
            next = number + 1
            offset += length
        }
    }

    /// Sets the byte at which the first group begins; returns the end of the last one.
    mutating func begin(at start: Int) -> Int {
        for index in groups.indices {
            let range = groups[index].bytes
            groups[index].bytes = start + range.lowerBound..<start + range.upperBound
        }
        return groups.last?.bytes.upperBound ?? start
    }

    /// Opens a group by its index in ``groups``; it has `size` places.
    ///
    /// If groups are skipped, they must have as many.
    mutating func open(_ index: Int, size: Int) throws(FrameError) -> OpenGroup {
        var start = index
        while start > 0, start - 1 != last?.index, dependsOnTheOneBefore(start) { start -= 1 }
        if start - 1 != last?.index { last = nil }
        while true {
            var input = BitReader(bytes, groups[start].bytes)
            let places = try Self.places(&input, before: last?.places ?? [], size)
            last = (start, places)
            if start == index { return try OpenGroup(places, input) }
            start += 1
        }
    }

    private func dependsOnTheOneBefore(_ index: Int) -> Bool {
        guard let first = bytes[groups[index].bytes].first else { return false }
        let kind = UInt64(first) & 3
        return kind == Places.asBefore || kind == Places.differing
    }

    private static func places(
        _ input: inout BitReader, before: [Int32], _ size: Int
    ) throws(FrameError) -> [Int32] {
        let kind = input.bits(2)
        switch kind {
        case Places.all: return Array(0..<Int32(size))
        case Places.asBefore:
            guard before.last.map({ $0 < size }) ?? false else { throw input.error(.malformed) }
            return before
        default: break
        }
        let count = try input.number(typical: 4)
        guard count <= UInt64(size) + UInt64(before.count) else { throw input.error(.malformed) }
        let gap = Places.gapBits(Int(count), of: size)
        var list: [Int32] = []
        var next: UInt64 = 0
        for _ in 0..<count {
            let jump = try input.number(typical: gap)
            // In a difference list, a place of the group before may be beyond `size`.
            guard jump < UInt64(Int32.max) - next else { throw input.error(.malformed) }
            list.append(Int32(next + jump))
            next += jump + 1
            guard input.isWithinBounds else { throw input.error(.truncated) }
        }
        let result = kind == Places.listed ? list : Places.difference(list, before)
        guard result.last.map({ $0 < size }) ?? false else { throw input.error(.malformed) }
        return result
    }
}

/// The changes of a group.
struct OpenGroup {
    /// The places, ascending.
    let places: [Int32]
    /// Whether the differences are of the second order.
    let isSecond: Bool
    private let isSigned: Bool
    private let typical: Int
    private var input: BitReader

    fileprivate init(_ places: [Int32], _ input: BitReader) throws(FrameError) {
        self.places = places
        self.input = input
        isSecond = self.input.bits(1) == 1
        isSigned = self.input.bits(1) == 1
        typical = Int(self.input.bits(6))
    }

    /// The difference of the next place.
    mutating func next() throws(FrameError) -> UInt64 {
        let value = try input.number(typical: typical)
        return isSigned ? UInt64(bitPattern: unzigzag(value)) : value
    }

    /// Throws if anything is left over.
    func finish() throws(FrameError) { try input.finish() }
}
