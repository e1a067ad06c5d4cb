package import CgroupModel
package import Hierarchy
import KernelIO

extension HostFacts {
    /// Reads `/proc/meminfo`, `/proc/stat` and `/sys/devices/system`.
    ///
    /// Unreadable memory is nil. Without `/sys`, the CPUs of `/proc/stat` and one node are assumed.
    package init(_ system: SystemRoot) {
        let memory = try? ReadBuffer.contents(of: system.proc("meminfo"))
        let stat = try? ReadBuffer.contents(of: system.proc("stat"))
        let count = HostText.processors(in: stat ?? []).count
        self.init(
            memoryBytes: memory.flatMap { HostText.memory("MemTotal", in: $0).value },
            cpus: system.deviceList("cpu/online") ?? RangeList(0..<count), nodes: [:])
        for node in (system.deviceList("node/online") ?? RangeList([0])).numbers {
            nodes[node] = system.deviceList("node/node\(node)/cpulist") ?? cpus
        }
    }
}
