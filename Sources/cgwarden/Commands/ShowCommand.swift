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
            or a name that only one cgroup has (ssh.service). The owner is who sets its limits: \
            systemd, a container runtime, the kubelet, or the unit that it is delegated to. Limits \
            that cgwarden has set are listed with the rule or command, the time and the original.

            Examples:
              cgwarden show ssh.service
              cgwarden show --pid 1234
              cgwarden show --json /user.slice
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var chosen: CgroupOrProcess
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
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
                ? OwnerReport(of: path, in: set, journal: try? StateDirectory.journal()) : nil,
            withoutDescendants: plan.withoutDescendants)
        try StandardOutput.write(json ? description.json : Array(description.text.utf8))
    }
}
