package import CgroupModel

extension Explanation {
    /// Explains the cgroup at an index of a snapshot.
    ///
    /// - Parameters:
    ///   - snapshot: A sample of the cgroup, its ancestors, and the ancestors' children.
    ///   - before: The gauges of an earlier sample; nil if there is none.
    ///   - files: The names of this host's files.
    ///   - clock: The time from which ages are counted back, in nanoseconds of CLOCK_BOOTTIME; by
    ///     default that of the snapshot.
    package init(
        _ index: Int, in snapshot: Snapshot, after before: EarlierLevels? = nil,
        files: SourceFiles = SourceFiles(), at clock: UInt64? = nil
    ) {
        let watch = Watch(snapshot, before, index, files, clock)
        let bounds = watch.bounds
        var found =
            [watch.gone, watch.frozen, watch.forksFail].compactMap(\.self) + watch.cpuFindings
            + watch.memoryFindings + watch.ioFindings
        found += watch.approaching(bounds, besides: found)
        found += [watch.blind, watch.empty].compactMap(\.self)
        if found.isEmpty { found = [watch.healthy] }
        self.init(
            cgroup: snapshot.cgroups[index].path,
            window: watch.window, wallTime: snapshot.wallTime,
            findings: found.sorted { $0.precedes($1) }, bounds: bounds, waits: watch.waitList)
    }
}
