internal import CgroupModel

/// The tombstones that are kept, oldest first, within bounds of count and bytes.
package struct Graveyard: Sendable {
    private let mostCount: Int
    private let mostBytes: Int
    private var stones: [Tombstone] = []
    private var start = 0
    private var bytes = 0
    private var remainders: [Unattributed] = []

    /// Creates a store; by default it keeps at most 2000 tombstones in about 1 MiB.
    package init(mostCount: Int = 2000, mostBytes: Int = 1 << 20) {
        self.mostCount = mostCount
        self.mostBytes = mostBytes
    }

    /// Adds tombstones and remainders, and drops the oldest ones beyond the bounds.
    package mutating func add(_ more: [Tombstone], _ unattributed: [Unattributed]) {
        guard !more.isEmpty || !unattributed.isEmpty else { return }
        for stone in more {
            stones.append(stone)
            bytes += stone.bytes
        }
        while stones.count - start > mostCount || bytes > mostBytes, start < stones.count {
            bytes -= stones[start].bytes
            start += 1
        }
        if start > mostCount {
            stones.removeFirst(start)
            start = 0
        }
        remainders = Array((remainders + unattributed).suffix(mostCount / 4))
    }

    /// The tombstones, oldest first.
    package var all: [Tombstone] { Array(stones[start...]) }

    /// The remainders, oldest first.
    package var unattributed: [Unattributed] { remainders }
}
