internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Synchronization

/// Finds the systemd unit of a cgroup: by asking systemd where it runs, else by the path.
struct UnitLookup: Sendable {
    private let root: [UInt8]
    private let connections: SystemdConnections?
    /// When systemd may be asked again after it did not answer, in nanoseconds.
    private let silentUntil: Shared
    private static let silence: UInt64 = 30_000_000_000

    private final class Shared: Sendable {
        let time = Mutex<UInt64>(0)
    }

    /// Asks nobody if there are no connections.
    init(set: HierarchySet, connections: SystemdConnections?) {
        let trees = set.hierarchies.filter { $0.version == .unified || $0.name == "systemd" }
        root = (trees.first ?? set.hierarchies[0]).root
        self.connections = connections
        silentUntil = Shared()
    }

    /// The unit's name as systemd writes it, escapes and all; nil if there is none.
    func unit(of path: CgroupPath) -> String? {
        guard let connections, silentUntil.time.withLock({ $0 < MonotonicClock.nanoseconds })
        else { return Self.unit(in: path) }
        do throws(BusError) {
            return try asked(path, connections)
        } catch {
            // A systemd that does not answer must not hold up every tick.
            silentUntil.time.withLock { $0 = MonotonicClock.nanoseconds + Self.silence }
            return Self.unit(in: path)
        }
    }

    private func asked(
        _ path: CgroupPath, _ connections: SystemdConnections
    ) throws(BusError) -> String? {
        let text = hostPath(path)
        guard let unit = try connections[.system].unit(ofCgroup: text) else { return nil }
        guard let user = Self.user(ofManager: unit.name), unit.cgroup != text else {
            return unit.name
        }
        let nested = try? connections[.user(user)].unit(ofCgroup: text)
        return nested?.name ?? unit.name
    }

    /// The path as process 1 sees it.
    private func hostPath(_ path: CgroupPath) -> String {
        let visible = String(decoding: path.bytes, as: UTF8.self)
        let above = String(decoding: root, as: UTF8.self)
        return above == "/" ? visible : path.isRoot ? above : above + visible
    }

    private static let suffixes = [".slice", ".service", ".scope", ".mount", ".socket", ".swap"]

    /// The innermost component that is a unit's name.
    static func unit(in path: CgroupPath) -> String? {
        let names = path.bytes.split(separator: UInt8(ascii: "/")).map { CgroupPath.text($0) }
        let name = names.last { name in
            suffixes.contains { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }
        }
        // systemd puts `_` before a name that would look like an interface file.
        return name.map { $0.hasPrefix("_") ? String($0.dropFirst()) : $0 }
    }

    /// The user of `user@UID.service`.
    private static func user(ofManager name: String) -> UInt32? {
        guard name.hasPrefix("user@"), name.hasSuffix(".service") else { return nil }
        return UInt32(name.dropFirst("user@".count).dropLast(".service".count))
    }
}
