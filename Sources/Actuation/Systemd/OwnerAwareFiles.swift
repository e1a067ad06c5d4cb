internal import CgroupModel
package import Hierarchy
package import KernelIO

/// Access to the kernel's files, with writes through systemd to values that systemd keeps.
///
/// Callers need not know the owner of a cgroup.
package struct OwnerAwareFiles: SystemdRouting {
    private let probe: OwnershipProbe
    private let actuator: SystemdActuator
    private let kernel: any ControlFiles
    /// Whether a cgroup is still the intended one, so that systemd may change it.
    private var admits: @Sendable (CgroupDirectory) -> Bool = { _ in true }
    private var allowsKubelet = false

    /// Acts on the hierarchies of a host.
    package init(set: HierarchySet, connections: SystemdConnections = SystemdConnections()) {
        self.init(
            set: set, connections: connections,
            probe: OwnershipProbe(system: set.system, connections: connections))
    }

    /// Acts on a host with a probe that already knows some owners.
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

    /// Reads the text of a file without its trailing newline.
    ///
    /// On v2 systemd enables a unit's controller, and thereby creates the file, when one of its
    /// values is set. Until then this returns the initial value of a new cgroup.
    package func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        do throws(IOError) {
            return try kernel.text(name, of: directory)
        } catch {
            guard error.isMissing, let initial = try initial(name, of: directory) else {
                throw error
            }
            return initial
        }
    }

    private func initial(
        _ name: String, of directory: CgroupDirectory
    ) throws(IOError) -> String? {
        guard directory.hierarchy.version == .unified, try directory.isCurrent(),
            let initial = LimitCatalog.initialText(ofFile: name),
            let controller = name.split(separator: ".").first.map(String.init),
            directory.hierarchy.controllers.contains(where: { $0.rawValue == controller }),
            case .systemd = choice(directory, name)
        else { return nil }
        return initial
    }

    /// Writes a value directly or through systemd, then waits up to a second for systemd's write.
    package func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        let choice = choice(directory, name)
        // A thaw must not wait for another process.
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
                throw IOError(
                    "write \(value) to", "\(what) (\(error))", error.errno ?? error.code.errno)
            }
        }
        try kernel.write(value, to: name, of: directory)
    }

    /// Tells systemd that a unit frozen through it has been thawed without it.
    ///
    /// Does nothing for other cgroups.
    package func noteThawed(_ directory: CgroupDirectory) {
        guard directory.hierarchy.version == .unified,
            case .systemd(let unit) = choice(directory, "cgroup.freeze")
        else { return }
        _ = try? actuator.thaw(unit, in: directory)
    }

    /// Itself.
    package var throughSystemd: OwnerAwareFiles? { self }

    private func choice(_ directory: CgroupDirectory, _ name: String?) -> ActuatorChoice {
        probe.chooseActuator(for: directory, writing: name, allowsKubelet: allowsKubelet)
    }

    /// The same files, with write access to the cgroups of a kubelet's pods.
    package var ofKubelet: any ControlFiles {
        var files = self
        files.allowsKubelet = true
        return files
    }

    /// Returns the same files, with systemd limited to the cgroups that `admits` accepts.
    ///
    /// A unit is identified by its name, which may belong to a later unit.
    package func limited(
        to admits: @escaping @Sendable (CgroupDirectory) -> Bool
    ) -> OwnerAwareFiles {
        var files = self
        files.admits = admits
        return files
    }

    /// Returns the unit through which systemd changes a file; nil if the file is written directly.
    package func unit(keeping name: String, of directory: CgroupDirectory) -> SystemdUnit? {
        guard LimitCatalog.unitProperty(ofFile: name) != nil,
            case .systemd(let unit) = choice(directory, name)
        else { return nil }
        return unit
    }

    /// Returns the unit whose file systemd overwrites, although no property can set it at run time.
    ///
    /// systemd writes the unit's OOMPolicy to `memory.oom.group` with every other value.
    func unit(overwriting name: String, of directory: CgroupDirectory) -> SystemdUnit? {
        guard name == Self.overwritten, directory.hierarchy.version == .unified,
            case .systemd(let unit) = choice(directory, nil)
        else { return nil }
        return unit
    }

    private static let overwritten = "memory.oom.group"

    /// Returns the property assignments for values that systemd keeps.
    package func plan(_ values: [PlacedValue]) throws(ActuationError) -> SystemdPlan {
        try actuator.plan(values)
    }

    /// Writes values of one unit through systemd, all or none.
    package func write(_ values: [PlacedValue], on unit: SystemdUnit) throws(ActuationError) {
        for one in values where !admits(one.directory) {
            throw ActuationError(
                IOError("change", "\(unit)", .noDevice), on: one.directory)
        }
        for left in try ask(values, of: unit) {
            try kernel.put(left.value.text, to: left.value.file, of: left.directory)
        }
    }

    /// Sets values through systemd, and returns those that should be empty but are not.
    ///
    /// For an empty list of CPUs or nodes, systemd drops the property but leaves the file
    /// unchanged. The caller then writes the file, unless it disappeared with its controller.
    private func ask(
        _ values: [PlacedValue], of unit: SystemdUnit
    ) throws(ActuationError) -> [PlacedValue] {
        let before = values.first.flatMap { try? kernel.text(Self.overwritten, of: $0.directory) }
        let results = try actuator.set(values, on: unit)
        if before == "1", let directory = values.first?.directory {
            // systemd writes this file last, although nothing requested it.
            let now = awaited(seconds: 0.1) {
                try? kernel.text(Self.overwritten, of: directory)
            } until: {
                $0 != before
            }
            if now == "0" { try? kernel.write("1", to: Self.overwritten, of: directory) }
        }
        return zip(values, results).filter { one, result in
            one.value.isEmpty && !result.isApplied && result.found != nil
        }.map(\.0)
    }
}

extension BlockDevices {
    /// The device file of `MAJOR:MINOR`; nil if the host does not have the device.
    func file(_ number: String) -> String? {
        InstanceKey(device: number).flatMap(name).map { "/dev/\($0)" }
    }
}
