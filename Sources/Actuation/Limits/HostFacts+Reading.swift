public import CgroupModel
public import Hierarchy
import KernelIO

extension HostFacts {
    /// Reads `/proc/meminfo` and `/sys/devices/system`; what cannot be read is unknown.
    public init(_ system: SystemRoot) {
        let memory = try? ReadBuffer.contents(of: system.proc("meminfo"))
        let stat = try? ReadBuffer.contents(of: system.proc("stat"))
        let count = HostText.processors(in: stat ?? []).count
        self.init(
            memoryBytes: memory.flatMap { HostText.memory("MemTotal", in: $0).value },
            cpus: Self.list("cpu/online", system) ?? RangeList(0..<count), nodes: [:])
        for node in (Self.list("node/online", system) ?? RangeList([0])).numbers {
            nodes[node] = Self.list("node/node\(node)/cpulist", system) ?? cpus
        }
    }

    private static func list(_ name: String, _ system: SystemRoot) -> RangeList? {
        guard let sys = system.sys,
            let text = try? ReadBuffer.contents(
                of: sys + Array("/devices/system/\(name)".utf8))
        else { return nil }
        return RangeList(String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self))
    }
}
