import ArgumentParser
import CgroupModel
import KernelIO

/// Options of commands that can show one cgroup, or all, as of a time in the past.
struct PastOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Show the past: -2h, 14:02, 'yesterday 14:00', RFC 3339.", valueName: "time"))
    var at: WrittenTime?
    @OptionGroup var store: HistoryOptions

    func validate() throws {
        if at == nil, store.history != nil { throw ValidationError("--history needs --at") }
    }

    /// Returns the snapshot at the chosen time and the one before it; nil without a time.
    func snapshot() throws -> (Snapshot, earlier: Snapshot?)? {
        guard let at else { return nil }
        var reader = try store.open()
        let snapshot = try reader.snapshot(at: at)
        let earlier = try reader.step(-1)
        reader.complain()
        return (snapshot, earlier)
    }
}
