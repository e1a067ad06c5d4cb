package import CgroupModel
package import Hierarchy
internal import KernelIO

/// Reads the host's CPU topology, and notices CPUs that go online or offline.
///
/// Each read costs one pread(2) of `cpu/online`; the rest is read again only after a change.
/// Without nodes in /sys, all CPUs are in node 0. Without topology, each CPU is its own core.
package struct TopologyReader: ~Copyable {
    private let system: SystemRoot
    private let online: Opened?
    private var buffer = ReadBuffer(capacity: 4096)
    private var text: [UInt8] = []
    private var known: CPUTopology?

    /// Boxes the descriptor: reading an optional noncopyable value would consume it.
    private final class Opened: Sendable {
        let descriptor: OwnedDescriptor

        init(_ path: [UInt8]) throws(IOError) { descriptor = try OwnedDescriptor.file(path) }
    }

    /// Opens `/sys/devices/system/cpu/online`.
    package init(_ system: SystemRoot = .live) {
        self.system = system
        online = system.device("cpu/online").flatMap { try? Opened($0) }
    }

    /// Returns the topology of the online CPUs; nil if it cannot be read.
    package mutating func read() -> CPUTopology? {
        guard let number = online?.descriptor.number, buffer.fill(from: number) == 0 else {
            return nil
        }
        let now = buffer.array
        if now == text, let known { return known }
        let list = RangeList(now.firstWord)
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
                // Older kernels have only `thread_siblings_list`.
                let threads =
                    system.deviceList("\(place)/core_cpus_list")
                    ?? system.deviceList("\(place)/thread_siblings_list")
                return CPUTopology.CPU(
                    id: cpu, core: threads?.intersection(online).numbers.first ?? cpu,
                    node: nodes[cpu] ?? 0)
            })
    }
}
