import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO

/// Options that every command has.
struct SystemOptions: ParsableArguments {
    @Option(
        name: .customLong("root"),
        help: ArgumentHelp(
            "Look at a captured tree (DIR/proc and DIR/cgroup) instead of this machine.",
            valueName: "dir", visibility: .hidden))
    var root: String?

    var system: SystemRoot { root.map { SystemRoot.captured(in: $0) } ?? .live }
}

/// The machine's cgroups, ready to be sampled.
struct Observation {
    let set: HierarchySet
    let sampler: Sampler

    /// Discovers the hierarchies and plans what to read.
    init(
        _ options: SystemOptions, metrics: [MetricID],
        configuration: SamplerConfiguration = .init()
    ) throws {
        set = try HierarchySet.discover(options.system)
        sampler = try Sampler(ReadPlan(metrics, on: set), on: set, configuration)
        for failure in sampler.unreadable {
            StandardOutput.complain("cgwarden: \(failure); that hierarchy is left out")
        }
    }
}

/// Finds the cgroup that a person means.
struct CgroupLookup {
    private let set: HierarchySet

    init(_ set: HierarchySet) { self.set = set }

    /// Takes a path, a directory below a mount point, or a name that only one cgroup has: its own, or
    /// that of its container or pod.
    func resolve(_ text: String) async throws -> CgroupPath {
        let path = try path(text)
        if try await sample(SampleScope(subtree: path, depth: 0)).index(of: path) != nil {
            return path
        }
        let cgroups = try await sample(SampleScope()).cgroups
        let all = cgroups.map(\.path)
        if let spelled = all.first(where: { $0.description == path.description }) {
            return spelled
        }
        var named = text.contains("/") ? [] : all.filter { $0.name == text }
        if named.isEmpty, !text.contains("/") { named = known(as: text, among: cgroups) }
        if named.count == 1 { return named[0] }
        if named.count > 1 {
            let places = named.prefix(5).map(\.description).joined(separator: ", ")
            throw CgwardenError(
                "\(named.count) cgroups are named \(text); give the path: \(places)", .noInput)
        }
        throw HierarchyError.noSuchCgroup(
            path.description, similar: mistyped(text, path, among: all))
    }

    /// The cgroups whose spelling is at most two typing errors away, for one may be killed by it.
    ///
    /// A number is not mistyped but meant: `job1` is another cgroup than `job7`.
    private func mistyped(
        _ text: String, _ path: CgroupPath, among all: [CgroupPath]
    ) -> [String] {
        let isPath = text.contains("/")
        let wanted = isPath ? path.description : text
        func letters(_ text: String) -> String { text.filter { !$0.isNumber } }
        let candidates = all.filter {
            !$0.isRoot && letters(isPath ? $0.description : $0.name) != letters(wanted)
        }
        let near = Spelling.names(
            like: wanted, among: candidates.map { isPath ? $0.description : $0.name }, most: 3,
            farthest: min(2, path.name.utf8.count / 3))
        return near.flatMap { name in
            candidates.filter { name == (isPath ? $0.description : $0.name) }
        }.prefix(3).map(\.description)
    }

    /// The containers and pods of a name, and containers whose identifier begins so.
    private func known(as text: String, among cgroups: [CgroupEntry]) -> [CgroupPath] {
        let identities = Identities.all(set.system)
        return cgroups.filter { cgroup in
            let identity = identities.identity(of: cgroup)
            switch identity.kind {
            case .container:
                let isID = text.utf8.count >= 12 && identity.containerID?.hasPrefix(text) == true
                return isID || identity.container == text
            case .pod: return identity.pod == text
            case .slice, .service, .scope, .other: return false
            }
        }.map(\.path)
    }

    /// Takes a path or a directory below a mount point, of a cgroup that need not exist.
    func path(_ text: String) throws -> CgroupPath {
        // A variable of a script that is not set, more likely than the whole machine.
        guard !text.isEmpty else {
            throw CgwardenError(
                "the name of the cgroup is empty; give a path such as /lab/job", .usage)
        }
        return CgroupPath(withoutMountPoint(text))
    }

    private func withoutMountPoint(_ text: String) -> String {
        let mounts = set.hierarchies.map { $0.mountPoint.pathText }
        let longest = mounts.filter { text == $0 || text.hasPrefix($0 + "/") }.max {
            $0.utf8.count < $1.utf8.count
        }
        return longest.map { String(text.dropFirst($0.count)) } ?? text
    }

    private func sample(_ scope: SampleScope) async throws -> Snapshot {
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        configuration.scope = scope
        return try await Sampler(ReadPlan([MetricID](), on: set), on: set, configuration).sample()
    }
}
