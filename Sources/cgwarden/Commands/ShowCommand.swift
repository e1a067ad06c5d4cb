import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Shows all known values of one cgroup.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything known about one cgroup.",
        discussion: """
            The cgroup is a path (/system.slice/ssh.service), a directory below a cgroup mount, \
            or a name that only one cgroup has (ssh.service).

            Examples:
              cgwarden show ssh.service
              cgwarden show --pid 1234
              cgwarden show --json /user.slice
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String?
    @Option(help: "ID of a process whose cgroup to show.") var pid: Int32?
    @Flag(help: "One JSON object.") var json = false

    func validate() throws {
        if cgroup == nil, pid == nil {
            throw ValidationError(
                "name a cgroup, or a process with --pid; `cgwarden tree` lists them")
        }
        if cgroup != nil, pid != nil {
            throw ValidationError("a cgroup and --pid are mutually exclusive")
        }
    }

    func run() async throws {
        let set = try HierarchySet.discover(options.system)
        let path = try await chosenPath(set)
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
            withoutDescendants: plan.withoutDescendants)
        try StandardOutput.write(json ? description.json : Array(description.text.utf8))
    }

    private func chosenPath(_ set: HierarchySet) async throws -> CgroupPath {
        if let cgroup { return try await CgroupLookup(set).resolve(cgroup) }
        let reader = ProcessReader(set.system)
        guard let pid, reader.stat(pid) != nil else {
            throw CgwardenError(
                "no process \(pid ?? 0); `cgwarden tree` lists them", .noInput)
        }
        guard let path = reader.cgroup(of: pid, in: set) else {
            throw CgwardenError(
                "the cgroup of process \(pid) is outside the visible mounts; "
                    + "`cgwarden tree` lists them", .noInput)
        }
        return path
    }
}
