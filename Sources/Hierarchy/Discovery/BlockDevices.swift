package import CgroupModel
internal import KernelIO

/// Looks up block devices in `/sys`.
package struct BlockDevices: Sendable {
    private let system: SystemRoot

    /// Uses the `/sys` of a host.
    package init(_ system: SystemRoot) { self.system = system }

    /// The kernel's name, such as `vda`; nil for an unknown device.
    package func name(_ key: InstanceKey) -> String? {
        guard let sys = system.sys else { return nil }
        let link = sys + Array("/dev/block/\(key.text(.device))".utf8)
        guard let target = try? ReadBuffer.link(link) else { return nil }
        return target.split(separator: UInt8(ascii: "/")).last.map { Array($0).pathText }
    }

    /// Whether a device is a partition (`/sys/dev/block/MAJ:MIN/partition`).
    func isPartition(_ key: InstanceKey) -> Bool {
        guard let sys = system.sys else { return false }
        let file = sys + Array("/dev/block/\(key.text(.device))/partition".utf8)
        return (try? ReadBuffer.contents(of: file)) != nil
    }
}
