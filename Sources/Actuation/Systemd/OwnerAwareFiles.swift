internal import CgroupModel
internal import Glibc
public import Hierarchy
public import KernelIO

/// The kernel's files, except that what systemd keeps is changed by asking systemd.
///
/// Whoever writes through this need not know whose a cgroup is.
public struct OwnerAwareFiles: ControlFiles {
    private let probe: OwnershipProbe
    private let actuator: SystemdActuator
    private let kernel: any ControlFiles
    /// Whether a cgroup that systemd is to change still is the one that is meant.
    private var admits: @Sendable (CgroupDirectory) -> Bool = { _ in true }
    private var allowsKubelet = false

    /// Acts on a machine.
    public init(set: HierarchySet, connections: SystemdConnections = SystemdConnections()) {
        self.init(
            set: set, connections: connections,
            probe: OwnershipProbe(system: set.system, connections: connections))
    }

    /// Acts on a machine of which it is known in part whose the cgroups are.
    init(set: HierarchySet, connections: SystemdConnections, probe: OwnershipProbe) {
        let devices = BlockDevices(set.system)
        let kernel = KernelControlFiles()
        self.init(
            probe: probe,
            actuator: SystemdActuator(
                connections: connections, files: kernel,
                deviceFile: { devices.file($0) }),
            kernel: kernel)
    }

    init(probe: OwnershipProbe, actuator: SystemdActuator, kernel: any ControlFiles) {
        self.probe = probe
        self.actuator = actuator
        self.kernel = kernel
    }

    /// The text of a file without its last newline.
    ///
    /// On v2 systemd enables a controller for a unit when something is set there, and then makes
    /// the file; until then the unit has what a new cgroup starts with.
    public func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        do throws(IOError) {
            return try kernel.text(name, of: directory)
        } catch {
            guard error.code == ENOENT, let initial = initial(name, of: directory) else {
                throw error
            }
            return initial
        }
    }

    private func initial(_ name: String, of directory: CgroupDirectory) -> String? {
        guard directory.hierarchy.version == .unified, directory.isCurrent,
            let initial = SystemdFile.behind(name)?.initial,
            let controller = name.split(separator: ".").first.map(String.init),
            directory.hierarchy.controllers.contains(where: { $0.rawValue == controller }),
            case .systemd = choice(directory, name)
        else { return nil }
        return initial
    }

    /// Writes a value, or has systemd write it; returns when it is there, or a second later.
    public func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        let choice = choice(directory, name)
        // What lets processes go on is never held up by anyone.
        let isRelief = name == "cgroup.freeze" && value == "0" || value == "THAWED"
        do throws(ActuationError) {
            switch choice {
            case .cgroupfs: break
            case .systemd(let unit) where name != "cgroup.freeze":
                let value = PlacedValue(FileValue(name, value), in: directory)
                if try ask([value], of: unit).isEmpty { return }
            case .systemd(let unit):
                _ =
                    try value == "0"
                    ? actuator.thaw(unit, in: directory) : actuator.freeze(unit, in: directory)
                return
            case .refuse(let error): if !isRelief { throw error }
            }
        } catch {
            if !isRelief {
                let what = if case .systemd = choice { "\(name) through systemd" } else { name }
                throw IOError("write \(value) to", "\(what) (\(error))", code: error.number)
            }
        }
        try kernel.write(value, to: name, of: directory)
    }

    /// Tells systemd that a unit goes on which it was asked to freeze, and which was thawed without
    /// it; nothing for another cgroup.
    public func noteThawed(_ directory: CgroupDirectory) {
        guard directory.hierarchy.version == .unified,
            case .systemd(let unit) = choice(directory, "cgroup.freeze")
        else { return }
        _ = try? actuator.thaw(unit, in: directory)
    }

    /// These are such files.
    public var systemd: OwnerAwareFiles? { self }

    private func choice(_ directory: CgroupDirectory, _ name: String?) -> ActuatorChoice {
        probe.chooseActuator(for: directory, writing: name, allowsKubelet: allowsKubelet)
    }

    /// The same files, and those of a kubelet's pods can be written, too.
    public var ofKubelet: any ControlFiles {
        var files = self
        files.allowsKubelet = true
        return files
    }

    /// The same files, but systemd is asked only for cgroups that are still the ones meant: a unit
    /// is known by its name, which may have come to be another's.
    public func limited(
        to admits: @escaping @Sendable (CgroupDirectory) -> Bool
    ) -> OwnerAwareFiles {
        var files = self
        files.admits = admits
        return files
    }

    /// The unit through which systemd changes a file; nil where the file itself is written.
    public func unit(keeping name: String, of directory: CgroupDirectory) -> SystemdUnit? {
        guard SystemdFile.behind(name) != nil,
            case .systemd(let unit) = choice(directory, name)
        else { return nil }
        return unit
    }

    /// The unit whose file systemd writes on its own, though it has no property to set at run time:
    /// OOMPolicy, as the unit was started with, goes to memory.oom.group with every other value.
    func unit(overwriting name: String, of directory: CgroupDirectory) -> SystemdUnit? {
        guard name == Self.overwritten, directory.hierarchy.version == .unified,
            case .systemd(let unit) = choice(directory, nil)
        else { return nil }
        return unit
    }

    private static let overwritten = "memory.oom.group"

    /// What systemd would be asked for; all the values are such that it keeps.
    public func plan(_ values: [PlacedValue]) throws(ActuationError) -> SystemdPlan {
        try actuator.plan(values)
    }

    /// Has systemd write values of one unit, all or none.
    public func write(_ values: [PlacedValue], on unit: SystemdUnit) throws(ActuationError) {
        for one in values where !admits(one.directory) {
            throw ActuationError(
                IOError("change", "\(unit)", code: IOError.goneCode), on: one.directory)
        }
        for left in try ask(values, of: unit) {
            do throws(IOError) {
                try kernel.write(left.value.text, to: left.value.file, of: left.directory)
            } catch {
                throw ActuationError(error, on: left.directory)
            }
        }
    }

    /// Asks systemd for values; those are left that are to be empty and are not.
    ///
    /// It forgets a list of CPUs or nodes that is to be empty, but leaves the file as it is; the
    /// kernel then says whether that can be. The file may also go away with its controller.
    private func ask(
        _ values: [PlacedValue], of unit: SystemdUnit
    ) throws(ActuationError) -> [PlacedValue] {
        let before = values.first.flatMap { try? kernel.text(Self.overwritten, of: $0.directory) }
        let results = try actuator.set(values, on: unit)
        if before == "1", let directory = values.first?.directory {
            // It writes this one last, and it was not asked to.
            let now = awaited(seconds: 0.1) {
                try? kernel.text(Self.overwritten, of: directory)
            } until: {
                $0 != before
            }
            if now == "0" { try? kernel.write("1", to: Self.overwritten, of: directory) }
        }
        return zip(values, results).filter { one, result in
            one.value.list.isEmpty && !result.isApplied && result.found != nil
        }.map(\.0)
    }
}

extension BlockDevices {
    /// The device file of `MAJOR:MINOR`; nil if the machine has no such device.
    func file(_ number: String) -> String? {
        let parts = number.split(separator: ":").compactMap { UInt32($0) }
        guard parts.count == 2 else { return nil }
        return name(InstanceKey(major: parts[0], minor: parts[1])).map { "/dev/\($0)" }
    }
}
