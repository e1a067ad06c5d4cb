import CgroupModel
import Events
import Hierarchy
import KernelIO
import Reports
import Service

/// Resolves the name of a cgroup that a user typed.
struct CgroupLookup {
    private let set: HierarchySet

    init(_ set: HierarchySet) { self.set = set }

    /// Returns all cgroups.
    func cgroups() async throws -> [CgroupEntry] { try await sample(SampleScope()).cgroups }

    /// Resolves a path, a directory below a mount point, or a unique name.
    ///
    /// The name is the cgroup's own, or that of its container or pod.
    func resolve(_ text: String) async throws -> CgroupPath {
        let path = try path(text)
        if try await sample(SampleScope(subtree: path, depth: 0)).index(of: path) != nil {
            return path
        }
        let cgroups = try await cgroups()
        let all = cgroups.map(\.path)
        var named: [CgroupPath] = []
        if !text.contains("/") {
            named = all.filter { $0.nameBytes.elementsEqual(text.utf8) }
            if named.isEmpty { named = all.filter { $0.name == text } }
            if named.isEmpty { named = known(as: text, among: cgroups) }
        }
        if named.count == 1 { return named[0] }
        if named.count > 1 {
            let places = named.prefix(5).map(\.description).joined(separator: ", ")
            throw CgwardenError(
                "\(named.count) cgroups are named \(text); use the path: \(places)", .noInput)
        }
        if set.system.isLive, let end = Self.end(of: path) { throw end }
        throw HierarchyError.noSuchCgroup(
            path.description, similar: Self.similar(to: text, path, among: all))
    }

    /// The error about a cgroup that ended within the last hour; nil if no daemon saw its end.
    private static func end(of path: CgroupPath) -> CgwardenError? {
        let events = (try? DaemonEvents.line(of: path)) ?? []
        let death = events.last { $0.kind == .died && $0.cgroup?.path == path }
        return death.map { EndedCgroup(path, $0).error }
    }

    /// The cgroups whose spelling differs by at most two typing errors.
    ///
    /// Suggestions are strict, because a user may kill a suggested cgroup. Different numbers are
    /// not typing errors: `job1` is another cgroup than `job7`.
    ///
    /// Returns at most three, escaped.
    static func similar(
        to text: String, _ path: CgroupPath, among all: [CgroupPath]
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

    /// The containers and pods with this name, and the containers whose ID starts with it.
    private func known(as text: String, among cgroups: [CgroupEntry]) -> [CgroupPath] {
        let identities = Identities.settled(set, cgroups)
        return cgroups.filter { cgroup in
            let identity = identities.identity(of: cgroup)
            switch identity.kind {
            case .container:
                let isID = text.utf8.count >= 12 && identity.containerID?.hasPrefix(text) == true
                return isID
                    || identity.container.map { [$0, $0.printable].contains(text) } ?? false
            case .pod: return identity.pod.map { [$0, $0.printable].contains(text) } ?? false
            case .slice, .service, .scope, .other: return false
            }
        }.map(\.path)
    }

    /// Resolves a path or a directory below a mount point; the cgroup need not exist.
    ///
    /// The path may be escaped as cgwarden prints it; see ``CgroupPath/init(typed:where:)``.
    func path(_ text: String) throws -> CgroupPath {
        // An empty name is more likely an unset script variable than the root.
        guard !text.isEmpty else {
            throw CgwardenError(
                "the name of the cgroup is empty; use a path such as /lab/job", .usage)
        }
        return CgroupPath(typed: withoutMountPoint(text), where: exists)
    }

    /// Whether a cgroup exists in any hierarchy.
    func exists(_ path: CgroupPath) -> Bool {
        set.hierarchies.contains { hierarchy in
            let below = path.isRoot ? [] : path.bytes
            return (try? OwnedDescriptor.directory(hierarchy.directory + below)) != nil
        }
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
