import ArgumentParser
import CgroupModel
import History
import KernelIO

/// Options of commands that can show one cgroup, or all, as of a time in the past.
struct PastOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Time in the past to show: -2h, 14:02, 'yesterday 14:00', RFC 3339.", valueName: "time")
    )
    var at: WrittenTime?
    @OptionGroup var store: HistoryOptions

    func validate() throws {
        if at == nil, store.history != nil { throw ValidationError("--history needs --at") }
    }

    /// A snapshot of the past.
    struct Found {
        let snapshot: Snapshot
        /// The snapshot before it; nil if there is none.
        let earlier: Snapshot?
        /// The host that recorded it; nil if unknown.
        let machine: RecordedMachine?
        /// The cgroups that it leaves out.
        let omissions: [Omission]
    }

    /// Returns the snapshot at the chosen time; nil without a time.
    func snapshot() throws -> Found? {
        guard let at else { return nil }
        var reader = try store.open()
        let snapshot = try reader.snapshot(at: at)
        let (machine, omissions) = (reader.machine, reader.omissions)
        let earlier = try reader.step(-1)
        reader.reportDamage()
        return Found(snapshot: snapshot, earlier: earlier, machine: machine, omissions: omissions)
    }
}
