import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Shows what differs between two times of a cgroup, or between two cgroups.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between two times of a cgroup, or between two cgroups.",
        discussion: """
            Compares limits, usage, the rates of counters and the counts of events, and lists what \
            differs, the largest relative difference first.

            With one cgroup, --at gives the earlier time and a second --at the later one, which is \
            by default the newest sample. With two cgroups, both are compared as they are now, or \
            at the time of --at; with two times, the first cgroup at the first time and the second \
            at the second. Times are read from the daemon's history, or from a recording.

            The exit status is 0 also if there are differences.

            Examples:
              cgwarden diff /lab/db --at -1h                 an hour ago and now
              cgwarden diff db.service --at 'yesterday 14:00' --at 'today 14:00'
              cgwarden diff /lab/a /lab/b                    two cgroups now
              cgwarden diff /lab/a /lab/b --at 14:02 --json
            """)

    /// The time over which rates are measured now.
    private static let window = Duration.seconds(1)

    @OptionGroup var options: SystemOptions
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Argument(help: "The cgroup to compare it with.", completion: .cgroup) var other: String?
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Time to compare, at most two: -2h, 14:02, 'yesterday 14:00', RFC 3339.",
            valueName: "time"))
    var at: [WrittenTime] = []
    @OptionGroup var store: HistoryOptions
    @Flag(help: "One JSON object.") var json = false

    func validate() throws {
        if at.count > 2 { throw ValidationError("--at can be given twice at most") }
        if other == nil, at.isEmpty {
            throw ValidationError("name a second cgroup, or a time with --at")
        }
    }

    func run() async throws {
        let sides =
            at.isEmpty && store.history == nil ? try await present() : try past()
        let difference = CgroupDifference(sides.0, sides.1)
        try StandardOutput.write(json ? difference.json : Array(difference.text.utf8))
    }

    private func past() throws -> (CgroupDifference.Side, CgroupDifference.Side) {
        var reader = try store.open()
        defer { reader.reportDamage() }
        let first = try at.first.map { try reader.snapshot(at: $0) } ?? reader.newest()
        let omissions = reader.omissions
        // Two cgroups are compared at one time, one cgroup with the newest sample.
        let second =
            try at.count == 2
            ? reader.snapshot(at: at[1]) : other == nil ? reader.newest() : first
        return (
            CgroupDifference.Side(first, try omissions.index(typed: cgroup, in: first)),
            CgroupDifference.Side(
                second, try reader.omissions.index(typed: other ?? cgroup, in: second))
        )
    }

    private func present() async throws -> (CgroupDifference.Side, CgroupDifference.Side) {
        let set = try HierarchySet.discover(options.system)
        let lookup = CgroupLookup(set)
        let paths = [
            try await lookup.resolve(cgroup), try await lookup.resolve(other ?? cgroup),
        ]
        let sampler = try Sampler(ReadPlan(MetricCatalog.all.map(\.id), on: set), on: set)
        for failure in sampler.unreadable {
            StandardOutput.complain("cgwarden: \(failure); that hierarchy is skipped")
        }
        _ = await sampler.sample()
        try await Task.sleep(for: Self.window)
        let snapshot = await sampler.sample()
        let sides = try paths.map { path in
            guard let index = snapshot.index(of: path) else {
                throw HierarchyError.noSuchCgroup(path.description, similar: [])
            }
            return CgroupDifference.Side(snapshot, index)
        }
        return (sides[0], sides[1])
    }
}
