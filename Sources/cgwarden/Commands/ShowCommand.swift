import ArgumentParser
import CgroupModel
import Hierarchy
import History
import KernelIO
import PolicyLanguage
import Reports
import Service

/// Shows all known values of one cgroup.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything known about one cgroup.",
        discussion: """
            The cgroup is a path (/system.slice/ssh.service), a directory below a cgroup mount, \
            or a name that only one cgroup has (ssh.service). The owner is who sets its limits: \
            systemd, a container runtime, the kubelet, or the unit that it is delegated to. Limits \
            that cgwarden has set are listed with the rule or command, the time and the original.

            With --dead, the running daemon lists cgroups that have ended: their age, CPU time, \
            peak memory, I/O and OOM kills. ">=" marks the values of the last sample: the cgroup \
            may have used more. What removed cgroups used after their last sample is \
            listed as unattributed, below their parent.

            With --url, shows a cgroup of another host, as its daemon or exporter serves it there.

            With --at, shows the cgroup as the daemon last sampled it before a time, with the \
            rates of its counters in JSON. Processes, owners and who set a limit are not recorded.

            Examples:
              cgwarden show ssh.service
              cgwarden show --pid 1234
              cgwarden show ssh.service --at 'yesterday 14:00'
              cgwarden show --json /user.slice
              cgwarden show --dead '/batch/**'     what removed cgroups used
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @OptionGroup var chosen: CgroupOrProcess
    @OptionGroup var past: PastOptions
    #if Exporter
    @OptionGroup(title: "Another host") var remote: RemoteOptions
    #endif
    @Flag(help: "List cgroups that ended while the daemon ran; CGROUP is a pattern (* and **).")
    var dead = false
    @Flag(help: "One JSON object; with --dead, one per line.") var json = false

    func validate() throws {
        if dead, chosen.pid != nil {
            throw ValidationError("--dead and --pid are mutually exclusive")
        }
        if !dead { try chosen.requireOne() }
        if past.at != nil, dead || chosen.pid != nil {
            throw ValidationError("--at is mutually exclusive with --dead and --pid")
        }
        #if Exporter
        if remote.url != nil, dead || chosen.pid != nil || past.store.history != nil {
            throw ValidationError("--url is mutually exclusive with --dead, --pid and --history")
        }
        #endif
    }

    func run() async throws {
        if dead { return try showDead() }
        #if Exporter
        if let host = try remote.host() { return try show(host.required(at: past.at)) }
        #endif
        if let found = try past.snapshot() {
            return try show(found.snapshot, omissions: found.omissions)
        }
        let set = try HierarchySet.discover(options.system)
        let path = try await chosen.path(in: set)
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        configuration.scope = SampleScope(subtree: path, depth: 0, withAncestors: true)
        let plan = ReadPlan(MetricCatalog.all.map(\.id), on: set)
        let sampler = try Sampler(plan, on: set, configuration)
        for failure in sampler.unreadable {
            StandardOutput.complain("cgwarden: \(failure); that hierarchy is skipped")
        }
        let snapshot = await sampler.sample()
        guard let index = snapshot.index(of: path) else {
            throw HierarchyError.noSuchCgroup(path.description, similar: [])
        }
        let description = CgroupDescription(
            snapshot: snapshot, index: index, set: set, inodes: await sampler.inodes(of: path),
            identity: Identities.settled(set, [snapshot.cgroups[index]])
                .identity(of: snapshot.cgroups[index]),
            owner: set.system.isLive && !path.isRoot
                ? LimitOwners(in: set, journal: try? StateDirectory.journal()).report(on: path)
                : nil,
            withoutDescendants: plan.withoutDescendants)
        try StandardOutput.write(json ? description.json : Array(description.text.utf8))
    }

    /// Prints a cgroup of the past or of another host, of which only a sample is known.
    private func show(_ snapshot: Snapshot, omissions: [Omission] = []) throws {
        let index = try omissions.index(typed: chosen.cgroup ?? "", in: snapshot)
        let description = CgroupDescription(past: snapshot, index: index)
        try StandardOutput.write(json ? description.json : Array(description.text.utf8))
    }

    /// Prints the tombstones of the daemon, because no other process keeps them.
    private func showDead() throws {
        if let pattern = chosen.cgroup, PathPattern(pattern) == nil {
            throw ValidationError("pattern \(pattern): unclosed bracket; close it")
        }
        let pattern = chosen.cgroup.map { [PercentText.encoded(Array($0.utf8))] } ?? []
        try StandardOutput.write(
            try ControlClient.ask(["dead", json ? "json" : "text"] + pattern))
    }
}
