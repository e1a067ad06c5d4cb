package import CgroupModel
internal import KernelIO

extension HierarchySet {
    /// The message that no hierarchy has a controller, with the remedy.
    package func absence(of controller: Controller) -> String {
        if controller == .core { return "no v2 hierarchy is mounted here" }
        let remedy =
            isOffSinceBoot(controller)
            ? "it was disabled at boot; boot with cgroup_enable=\(controller.rawValue), and "
                + "without cgroup_disable="
            : "`cgwarden doctor` lists the hierarchies"
        return "no hierarchy has the controller \(controller.rawValue); \(remedy)"
    }

    /// Whether `/proc/cgroups` lists the controller as disabled.
    ///
    /// The memory controller, for example, is disabled by default on a Raspberry Pi.
    package func isOffSinceBoot(_ controller: Controller) -> Bool {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("cgroups")),
            let name = controller.legacyName
        else { return false }
        return bytes.lines.contains { line in
            let fields = line.split { $0.isBlank }
            return fields.count == 4 && fields[0].elementsEqual(name.utf8)
                && fields[3].elementsEqual("0".utf8)
        }
    }
}
