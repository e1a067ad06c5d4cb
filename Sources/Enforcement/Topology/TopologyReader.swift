public import CgroupModel
public import Hierarchy
internal import KernelIO

/// Tells the CPUs of the machine, and notices when one comes or goes.
///
/// Each reading costs one pread(2) of `cpu/online`; only when that changed is the rest read anew.
/// Without nodes in /sys all CPUs are of node 0; without topology each is its own core.
public struct TopologyReader: ~Copyable {
    private let system: SystemRoot
    private let online: Opened?
    private var buffer = ReadBuffer(capacity: 4096)
    private var text: [UInt8] = []
    private var known: CPUTopology?

    /// The kept file; an optional of it can be looked at without giving it away.
    private final class Opened: Sendable {
        let descriptor: OwnedDescriptor

        init(_ path: [UInt8]) throws(IOError) { descriptor = try OwnedDescriptor.file(path) }
    }

    /// Opens `/sys/devices/system/cpu/online`.
    public init(_ system: SystemRoot = .live) {
        self.system = system
        online = system.device("cpu/online").flatMap { try? Opened($0) }
    }

    /// The CPUs that are online now; nil if the machine does not tell.
    public mutating func read() -> CPUTopology? {
        guard let number = online?.descriptor.number, buffer.fill(from: number) == 0 else {
            return nil
        }
        let now = buffer.array
        if now == text, let known { return known }
        let list = RangeList(String(decoding: now.filter { $0 > 0x20 }, as: UTF8.self))
        guard let list, !list.isEmpty else { return nil }
        let found = topology(of: list)
        (text, known) = (now, found)
        return found
    }

    private func topology(of online: RangeList) -> CPUTopology {
        var nodes: [Int: Int] = [:]
        for node in system.deviceList("node/online")?.numbers ?? [] {
            for cpu in system.deviceList("node/node\(node)/cpulist")?.numbers ?? [] {
                nodes[cpu] = node
            }
        }
        return CPUTopology(
            online.numbers.map { cpu in
                let place = "cpu/cpu\(cpu)/topology"
                // The older name of the same file is that of Linux before 5.2.
                let threads =
                    system.deviceList("\(place)/core_cpus_list")
                    ?? system.deviceList("\(place)/thread_siblings_list")
                return CPUTopology.CPU(
                    id: cpu, core: threads?.intersection(online).numbers.first ?? cpu,
                    node: nodes[cpu] ?? 0)
            })
    }
}
