import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import History
import KernelIO
import PolicyLanguage

extension RecordedMachine {
    /// Describes this host; nil without hierarchies.
    init?(_ system: SystemRoot) {
        guard let set = try? HierarchySet.discover(system) else { return nil }
        var reader = TopologyReader(system)
        let lookup = DiskLookup(system: system)
        let text = (try? ReadBuffer.contents(of: system.proc("diskstats"))) ?? []
        self.init(
            hasUnified: set.unified != nil,
            legacy: Controller.allCases.filter { set.legacy($0) != nil },
            cpus: reader.read()?.cpus ?? [],
            disks: text.lines.compactMap { line in
                let words = line.words
                guard words.count > 2 else { return nil }
                let name = String(decoding: words[2], as: UTF8.self)
                return (try? lookup.disk(name)).map { Disk(name: name, number: $0.number) }
            })
    }

    /// The mode in which the host mounted its hierarchies.
    var mode: HierarchyMode {
        hasUnified ? (legacy.isEmpty ? .v2 : .hybrid) : .v1
    }

    /// The CPUs for pools; nil if unknown.
    var topology: CPUTopology? {
        cpus.isEmpty ? nil : CPUTopology(cpus)
    }

    /// The facts behind units of a policy (`25%host`, `node:1`).
    func hostFacts(_ host: HostSample) -> HostFacts {
        let nodes = Dictionary(grouping: cpus, by: \.node)
        return HostFacts(
            memoryBytes: host.memoryTotal.value,
            cpus: cpus.isEmpty ? RangeList(0..<host.cpuCount) : RangeList(cpus.map(\.id)),
            nodes: nodes.mapValues { RangeList($0.map(\.id)) })
    }

    /// The facts about cgroups that follow from their paths alone.
    var facts: PathFacts {
        let numbers = Dictionary(
            disks.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
        return PathFacts(mode: mode) { name in
            numbers[name.hasPrefix("/dev/") ? String(name.dropFirst(5)) : name]
        }
    }
}
