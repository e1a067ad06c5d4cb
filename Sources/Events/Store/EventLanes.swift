/// The numbers of a store's events by class, to choose the event to remove from a full store.
///
/// The class with the most events loses its oldest one. A storm in one class therefore cannot
/// displace the events of other classes.
struct EventLanes: Sendable {
    private struct Lane {
        var serials: [UInt64] = []
        var start = 0
        var bytes = 0

        var count: Int { serials.count - start }
        var oldest: UInt64 { serials[start] }
    }

    /// The maximum number of classes; events of further classes share one lane for each kind.
    private static let most = 512

    private var lanes: [EventClass: Lane] = [:]
    private(set) var count = 0
    private(set) var bytes = 0

    /// Adds an event with the highest number so far; returns its lane.
    mutating func add(_ serial: UInt64, _ size: Int, of own: EventClass) -> EventClass {
        let isKept = lanes[own] != nil || lanes.count < Self.most
        let place = isKept ? own : EventClass(own.kind, nil)
        lanes[place, default: Lane()].serials.append(serial)
        lanes[place]?.bytes += size
        count += 1
        bytes += size
        return place
    }

    /// Returns the number of the event to remove next: the oldest of the lane with the most events,
    /// or with the most bytes.
    func next(byBytes: Bool) -> UInt64? {
        lanes.values.max { left, right in
            let (first, second) = byBytes ? (left.bytes, right.bytes) : (left.count, right.count)
            return first == second ? left.oldest > right.oldest : first < second
        }?.oldest
    }

    /// Removes the oldest event of a lane.
    mutating func removeOldest(of place: EventClass, _ size: Int) {
        guard var lane = lanes[place] else { return }
        lane.start += 1
        lane.bytes -= size
        count -= 1
        bytes -= size
        if lane.start > 1000, lane.start > lane.serials.count / 2 {
            lane.serials.removeFirst(lane.start)
            lane.start = 0
        }
        lanes[place] = lane.count == 0 ? nil : lane
    }
}
