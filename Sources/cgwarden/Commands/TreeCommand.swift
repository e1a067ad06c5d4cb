import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Shows the cgroup tree with its processes.
struct TreeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "Show the cgroups and the processes in them.",
        discussion: """
            On v1 a process can be in different cgroups. Beside it are then the hierarchies in \
            which it is in this cgroup, or those in which it is elsewhere, whichever are fewer.
            With --at, shows the cgroups that existed at a time, without processes.

            Examples:
              cgwarden tree
              cgwarden tree --no-processes --depth 2
              cgwarden tree --at -2h /system.slice
              cgwarden tree --controller memory /system.slice
              cgwarden tree --json --depth 2
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The topmost cgroup.", completion: .cgroup) var root = "/"
    @Option(help: "Show only the hierarchy with this controller.", completion: .controller)
    var controller: String?
    @Option(help: "Number of levels below the topmost cgroup.") var depth: Int?
    @Flag(help: "Show only the cgroups.") var noProcesses = false
    @Flag(help: "One JSON array of all cgroups.") var json = false
    @OptionGroup var past: PastOptions

    func validate() throws {
        if let depth, depth < 0 { throw ValidationError("--depth cannot be negative") }
        if past.at != nil, controller != nil {
            throw ValidationError("--at and --controller are mutually exclusive")
        }
    }

    func run() async throws {
        if let found = try past.snapshot() {
            let index = try found.omissions.index(typed: root, in: found.snapshot)
            let path = found.snapshot.cgroups[index].path
            found.omissions.note(below: path)
            let listing = TreeListing(
                past: found.snapshot.within(SampleScope(subtree: path, depth: depth)),
                found.machine)
            return try StandardOutput.write(json ? listing.json : Array(listing.text.utf8))
        }
        let set = try chosenHierarchies()
        let path = try await CgroupLookup(set).resolve(root)
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        configuration.scope = SampleScope(subtree: path, depth: depth)
        let unified = MetricCatalog.metric(named: "cgroup.controllers").map { [$0.id] } ?? []
        let sampler = try Sampler(ReadPlan(unified, on: set), on: set, configuration)
        for failure in sampler.unreadable {
            StandardOutput.complain("cgwarden: \(failure); that hierarchy is skipped")
        }
        let snapshot = await sampler.sample()
        let listing = TreeListing(snapshot, set, withProcesses: !noProcesses)
        try StandardOutput.write(json ? listing.json : Array(listing.text.utf8))
    }

    private func chosenHierarchies() throws -> HierarchySet {
        let all = try HierarchySet.discover(options.system)
        guard let controller else { return all }
        let wanted = all.hierarchies.filter { hierarchy in
            hierarchy.keys.contains(controller) || hierarchy.label == controller
                || Controller(name: controller).map(hierarchy.controllers.contains) ?? false
        }
        guard !wanted.isEmpty else {
            let names = all.hierarchies.flatMap {
                $0.version == .unified ? $0.keys + $0.controllers.map(\.rawValue) : $0.keys
            }
            throw CgwardenError(
                "no hierarchy has the controller \(controller); available: "
                    + names.joined(separator: ", "), .unavailable)
        }
        return all.only(wanted)
    }
}
