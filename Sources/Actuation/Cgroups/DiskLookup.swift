package import CgroupModel
package import Hierarchy
internal import KernelIO

/// Finds a disk by name, because block I/O limits apply only to whole disks.
package struct DiskLookup: Sendable {
    private let system: SystemRoot

    /// Looks in the `/dev` and `/sys` of a host.
    package init(system: SystemRoot) { self.system = system }

    /// Accepts `/dev/vda`, `vda` or `254:0`; for a partition, returns its disk with a warning.
    package func disk(_ name: String) throws(ActuationError) -> (
        number: InstanceKey, warning: String?
    ) {
        guard let number = number(name) else {
            throw ActuationError(
                .notFound, "no block device \(name); `lsblk` lists the devices")
        }
        guard let sys = system.sys else { return (number, nil) }
        let link = sys + Array("/dev/block/\(number.text(.device))".utf8)
        guard let target = try? ReadBuffer.link(link) else {
            throw ActuationError(
                .notFound, "no block device \(name); `lsblk` lists the devices")
        }
        guard (try? ReadBuffer.contents(of: link + Array("/partition".utf8))) != nil else {
            return (number, nil)
        }
        let parts = target.split(separator: UInt8(ascii: "/"))
        let parent = parts.count > 1 ? Array(parts[parts.count - 2]).pathText : ""
        guard let disk = numberInSys(parent) else {
            throw ActuationError(.failed, "the disk of the partition \(name) cannot be found")
        }
        return (
            disk,
            "\(name) is a partition; the limit is set on its whole disk, \(parent) "
                + "(\(disk.text(.device)))"
        )
    }

    private func number(_ name: String) -> InstanceKey? {
        if let number = InstanceKey(device: name) { return number }
        if name.hasPrefix("/") { return DeviceNumber.ofBlockDevice(name) }
        return numberInSys(name)
    }

    private func numberInSys(_ name: String) -> InstanceKey? {
        guard let sys = system.sys, !name.isEmpty, !name.contains("/"),
            let text = try? ReadBuffer.contents(of: sys + Array("/class/block/\(name)/dev".utf8))
        else { return nil }
        return InstanceKey(device: text.firstWord)
    }
}
