import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO

/// Keeps rules away from a cgroup for some time.
struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep rules away from a cgroup for some time.",
        discussion: """
            Rules neither change nor act on a cgroup that is on hold, nor on those below it; \
            commands typed by hand still do. A hold ends by itself.

            Examples:
              cgwarden hold build 1h
              cgwarden hold build --release
              cgwarden hold                    list them
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String?
    @Argument(help: "How long: 30m, 1h.") var time: Interval?
    @Flag(help: "Let rules at it again.") var release = false

    func validate() throws {
        if cgroup != nil, time == nil, !release {
            throw ValidationError("say for how long: cgwarden hold \(cgroup ?? "") 1h")
        }
        if time != nil, release { throw ValidationError("--release ends a hold; give no time.") }
        if cgroup == nil, release { throw ValidationError("name the cgroup to release.") }
    }

    func run() async throws {
        let holds = try StateDirectory.holds()
        guard let cgroup else {
            return try StandardOutput.write(Self.text(try holds.holds()))
        }
        let set = try HierarchySet.discover(options.system)
        let path = try await CgroupLookup(set).resolve(cgroup)
        if release {
            try holds.release(path)
            try StandardOutput.write("rules may change \(path) again\n")
        } else if let time {
            let hold = try holds.hold(path, for: time.duration)
            try StandardOutput.write(Self.text([hold]))
        }
    }

    private static func text(_ holds: [Hold]) -> String {
        if holds.isEmpty { return "nothing is on hold\n" }
        let now = MonotonicClock.wallMicroseconds
        return LeftTable(
            holds.map { hold in
                let minutes = (hold.end - min(hold.end, now) + 59_999_999) / 60_000_000
                return [hold.path.description, "\(minutes) min left"]
            }
        ).text
    }
}
