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

    /// Acts on a machine.
    public init(set: HierarchySet, connections: SystemdConnections = SystemdConnections()) {
        let devices = BlockDevices(set.system)
        let kernel = KernelControlFiles()
        self.init(
            probe: OwnershipProbe(system: set.system, connections: connections),
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
            case .systemd = probe.chooseActuator(for: directory, writing: name)
        else { return nil }
        return initial
    }

    /// Writes a value, or has systemd write it; returns when it is there, or a second later.
    public func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        let choice = probe.chooseActuator(for: directory, writing: name)
        // What lets processes go on is never held up by anyone.
        let isRelief = name == "cgroup.freeze" && value == "0" || value == "THAWED"
        do throws(ActuationError) {
            switch choice {
            case .cgroupfs: break
            case .systemd(let unit):
                // It forgets a list of CPUs or nodes that is to be empty, but leaves the file as it
                // is; the kernel then says whether that can be.
                if try ask(unit, value, name, directory) || !FileValue(name, value).list.isEmpty {
                    return
                }
            case .refuse(let reason):
                if !isRelief { throw ActuationError(.refused, reason) }
            }
        } catch {
            if !isRelief {
                let what = if case .systemd = choice { "\(name) through systemd" } else { name }
                throw IOError("write \(value) to", "\(what) (\(error))", code: error.code.errno)
            }
        }
        try kernel.write(value, to: name, of: directory)
    }

    /// Whether the kernel then shows what was asked for, or the file went away with its controller.
    private func ask(
        _ unit: SystemdUnit, _ value: String, _ name: String, _ directory: CgroupDirectory
    ) throws(ActuationError) -> Bool {
        if name == "cgroup.freeze" {
            return value == "0"
                ? try actuator.thaw(unit, in: directory)
                : try actuator.freeze(unit, in: directory)
        }
        let results = try actuator.set([FileValue(name, value)], on: unit, in: directory)
        return results.allSatisfy { $0.isApplied || $0.found == nil }
    }
}

extension ActuationError.Code {
    /// The kernel's word for the same.
    fileprivate var errno: Int32 {
        switch self {
        case .usage: EINVAL
        case .notFound: ENOENT
        case .notPermitted: EACCES
        case .refused: EPERM
        case .busy: EBUSY
        case .unavailable: EOPNOTSUPP
        case .failed: EIO
        }
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
