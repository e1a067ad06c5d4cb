import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Keeps rules from changing a cgroup for some time.
struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep rules from acting on a cgroup for some time.",
        discussion: """
            Rules neither change nor act on a cgroup on hold, nor on its descendants; commands \
            typed by hand still do. A hold ends at its time or at reboot; setting the clock does \
            not affect it. It takes effect immediately. Without a running daemon, no hold can be \
            set.

            Examples:
              cgwarden hold build 1h
              cgwarden hold build --release
              cgwarden hold                    list all holds
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String?
    @Argument(help: "Duration: 30m, 1h.") var time: Interval?
    @Flag(help: "Release the hold.") var release = false
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func validate() throws {
        if let cgroup, time == nil, !release {
            throw ValidationError(
                "name a duration: cgwarden hold \(ShellWord.quoted(cgroup.onOneLine)) 1h")
        }
        if time != nil, release {
            throw ValidationError("--release and a duration are mutually exclusive")
        }
        if cgroup == nil, release { throw ValidationError("name the cgroup to release") }
    }

    func run() async throws {
        guard let cgroup else {
            let holds = try Self.known()
            if holds.isEmpty { try StateDirectory.requireSystem() }
            return try StandardOutput.write(HoldListing.text(holds))
        }
        let set = try HierarchySet.discover(options.system)
        let path = try await CgroupLookup(set).resolve(cgroup)
        if dryRun { return try printPlan(path) }
        if let time {
            let micros = Int64(time.duration / .microseconds(1))
            let answer = try ControlClient.ask(
                ["hold", path.controlWord, "\(micros)"], within: .seconds(10))
            try StandardOutput.write(answer)
        } else {
            try StandardOutput.write(try release(path))
        }
    }

    /// Prints what would be done, if there is a daemon to do it.
    private func printPlan(_ path: CgroupPath) throws {
        guard let time else {
            let isHeld = try Self.known().contains { $0.path == path }
            return try StandardOutput.write(
                isHeld ? "would release \(path)\n" : HoldListing.released(path, wasHeld: false))
        }
        _ = try ControlClient.ask(["status"], within: .seconds(10))
        try StandardOutput.write("would hold \(path) for \(time.duration.shortText)\n")
    }

    /// Releases a hold; without a daemon, edits the list that the next daemon reads.
    private func release(_ path: CgroupPath) throws -> String {
        do {
            return try ControlClient.ask(["release", path.controlWord], within: .seconds(10))
        } catch let error as CgwardenError where error.status == .unavailable {
            return HoldListing.released(
                path, wasHeld: try StateDirectory.holds().release(path))
        }
    }

    /// The holds on record; none if this user has no state directory.
    private static func known() throws -> [Hold] {
        if StateDirectory.hidden != nil, (try? StateDirectory.path()) == nil { return [] }
        return try StateDirectory.holds().holds()
    }
}
