internal import Actuation
internal import CgroupModel
internal import Hierarchy

/// Finds the systemd unit of a cgroup from systemd, or else from the path.
///
/// systemd may be slow to answer, and a user's instance may never answer. The queries therefore run
/// in the background, separately for each user.
struct UnitLookup: Sendable {
    /// The unit's name with systemd's escapes; nil if there is none.
    typealias Unit = String?

    private let tree: MountedHierarchy
    private let connections: SystemdConnections?
    private let gatherer: FactGatherer
    private let units: GatheredFacts<CgroupID, Unit>

    /// Creates a lookup; without connections, only paths are used.
    init(set: HierarchySet, connections: SystemdConnections?, isOnce: Bool = false) {
        let trees = set.hierarchies.filter { $0.version == .unified || $0.name == "systemd" }
        tree = trees.first ?? set.hierarchies[0]
        self.connections = connections
        gatherer = FactGatherer("cgw-units", isOnce: isOnce)
        units = GatheredFacts(by: gatherer) { _ in 30 }
    }

    /// Returns the unit: from the path until systemd answers, then from systemd.
    func unit(of cgroup: CgroupEntry) -> Unit {
        let path = cgroup.path
        return units.value(of: cgroup.id, on: 0) {
            (CgroupIdentity(path).unit, connections == nil)
        } find: { [self] _, user in
            (find(path, user), bytes: 0)
        }
    }

    /// Whether the query about a requested cgroup is complete.
    func isSettled(_ cgroup: CgroupEntry) -> Bool { units.isSettled(cgroup.id) }

    /// Waits until all queries are complete, up to `time`.
    func settle(within time: Duration) { _ = gatherer.waitUntilIdle(within: time) }

    private func find(
        _ path: CgroupPath, _ user: UInt32
    ) -> GatheredFacts<CgroupID, Unit>.Outcome {
        let byPath = CgroupIdentity(path).unit
        guard let connections else { return .found(byPath) }
        let text = String(decoding: tree.namespacedPath(of: path).bytes, as: UTF8.self)
        do throws(BusError) {
            guard let unit = try connections[.system].unit(ofCgroup: text) else {
                return .found(nil)
            }
            guard let owner = UnitName.user(ofManager: unit.name), unit.cgroup != text else {
                return .found(unit.name)
            }
            guard owner == user else { return .belongs(to: owner) }
            let nested = try? connections[.user(owner)].unit(ofCgroup: text)
            return .found(nested?.name ?? unit.name)
        } catch {
            return .found(byPath)
        }
    }
}
