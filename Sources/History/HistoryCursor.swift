package import CgroupModel

/// A position in a ``HistoryRing``, to look back from.
///
/// The ring may grow meanwhile. The cursor keeps its snapshot, even when the ring drops it.
package struct HistoryCursor: Sendable {
    /// Stepping back decodes all frames from the keyframe on, so the last few are kept.
    private static let keptCount = 4

    let ring: HistoryRing
    private var kept: [(number: Int, snapshot: Snapshot)] = []

    /// The number of the current frame; nil while the ring is empty.
    package private(set) var number: Int?
    /// The current snapshot; nil while the ring is empty.
    package private(set) var current: Snapshot?

    /// Creates a cursor at the newest snapshot.
    package init(_ ring: HistoryRing) {
        self.ring = ring
        _ = snapshot(back: 0)
    }

    /// Moves to the snapshot `count` before the newest; nil, without moving, if it does not exist.
    package mutating func snapshot(back count: Int) -> Snapshot? {
        let numbers = ring.numbers
        guard count >= 0, count < numbers.count else { return nil }
        let target = numbers.upperBound - 1 - count
        guard let snapshot = load(target) else { return nil }
        number = target
        current = snapshot
        return snapshot
    }

    private mutating func load(_ target: Int) -> Snapshot? {
        if let known = kept.first(where: { $0.number == target }) { return known.snapshot }
        guard let group = ring.groups(overlapping: target..<target + 1).first else { return nil }
        let first = group.numbers.lowerBound
        let near = kept.filter { (first..<target).contains($0.number) }.max {
            $0.number < $1.number
        }
        var result = near?.snapshot
        for number in (near.map { $0.number + 1 } ?? first)...target {
            guard let snapshot = group.decode(number, after: result) else { return nil }
            result = snapshot
            kept.append((number, snapshot))
            if kept.count > Self.keptCount { kept.removeFirst() }
        }
        return result
    }
}

extension KeyframeGroup {
    /// Decodes a frame; nil if the ring's own bytes are malformed, which would be a bug.
    func decode(_ number: Int, after earlier: Snapshot?) -> Snapshot? {
        do {
            return try FrameCodec.decode(frame(number), after: earlier)
        } catch {
            assertionFailure("frame \(number): \(error)")
            return nil
        }
    }
}
