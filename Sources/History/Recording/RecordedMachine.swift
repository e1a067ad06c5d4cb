package import CgroupModel

/// Facts about a host that snapshots do not contain, as of the start of a run.
///
/// Policies need them: a recording may be replayed on other hosts, and much later.
package struct RecordedMachine: Sendable, Hashable {
    /// A disk or partition by the kernel's name, without `/dev/`.
    package struct Disk: Sendable, Hashable {
        /// The name.
        package var name: String
        /// The number of the disk; for a partition, that of its whole disk.
        package var number: InstanceKey

        /// Creates a disk from a name and the number of its whole disk.
        package init(name: String, number: InstanceKey) {
            self.name = name
            self.number = number
        }
    }

    /// Whether a v2 hierarchy was mounted.
    package var hasUnified: Bool
    /// The controllers of v1 hierarchies.
    package var legacy: [Controller]
    /// The CPUs that were online.
    package var cpus: [CPUTopology.CPU]
    /// The disks and partitions.
    package var disks: [Disk]

    /// Creates a value from the mounted hierarchies, the CPUs and the disks.
    package init(hasUnified: Bool, legacy: [Controller], cpus: [CPUTopology.CPU], disks: [Disk]) {
        self.hasUnified = hasUnified
        self.legacy = legacy
        self.cpus = cpus
        self.disks = disks
    }

    /// Limits what hostile bytes can claim.
    private static let most = 1 << 16

    func write(to out: inout RunWriter) {
        out.put(hasUnified ? 1 : 0)
        out.put(UInt64(legacy.count))
        for controller in legacy { out.put(text: controller.rawValue) }
        out.put(UInt64(cpus.count))
        for cpu in cpus {
            for number in [cpu.id, cpu.core, cpu.node] { out.put(UInt64(number)) }
        }
        out.put(UInt64(disks.count))
        for disk in disks {
            out.put(text: disk.name)
            out.put(UInt64(disk.number.rawValue))
        }
    }

    init(_ input: inout RunReader) throws(FrameError) {
        hasUnified = try input.next() != 0
        legacy = []
        for _ in 0..<(try input.count(upTo: Self.most)) {
            if let known = Controller(rawValue: try input.string()) { legacy.append(known) }
        }
        cpus = []
        for _ in 0..<(try input.count(upTo: Self.most)) {
            cpus.append(
                CPUTopology.CPU(
                    id: try input.count(upTo: Self.most), core: try input.count(upTo: Self.most),
                    node: try input.count(upTo: Self.most)))
        }
        disks = []
        for _ in 0..<(try input.count(upTo: Self.most)) {
            let name = try input.string()
            let number = try input.count(upTo: Int(UInt32.max))
            disks.append(Disk(name: name, number: InstanceKey(rawValue: UInt32(number))))
        }
    }
}
