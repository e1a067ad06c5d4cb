#if Exporter
import Causes
import CgroupModel

/// Explains cgroups from the samples that the server collects for all clients.
///
/// It keeps the gauges of the last two samples that it explained, so that growth is known from the
/// second request on; nothing is kept before the first.
actor Explainer {
    /// The maximum age of gauges for a current slope, in nanoseconds.
    private static let longestWindow: UInt64 = 60_000_000_000

    private let files: SourceFiles
    private var current: (tick: UInt64, levels: EarlierLevels)?
    private var earlier: EarlierLevels?

    init(_ files: SourceFiles) { self.files = files }

    /// Returns the explanation of a cgroup as JSON.
    func json(_ index: Int, in snapshot: Snapshot) -> [UInt8] {
        if current?.tick != snapshot.tick {
            earlier = current?.levels
            current = (snapshot.tick, EarlierLevels(snapshot))
        }
        let now = current?.levels.time ?? 0
        let before = earlier.flatMap { levels in
            levels.time < now && now - levels.time <= Self.longestWindow ? levels : nil
        }
        return Explanation(index, in: snapshot, after: before, files: files).json
    }
}
#endif
