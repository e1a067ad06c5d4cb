import CgroupModel
import Foundation
import Hierarchy
import Policy
import Testing

@testable import Enforcement

@Suite struct TopologyReaderTests {
    /// A directory of files that represents a host.
    private final class Machine {
        let directory = NSTemporaryDirectory() + UUID().uuidString

        var root: SystemRoot { .captured(in: directory, withSys: true) }

        func write(_ name: String, _ text: String) throws {
            let path = "\(directory)/sys/devices/system/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true)
            // In place, as the kernel's files are: a new one would not be the one that is open.
            guard let file = FileHandle(forWritingAtPath: path) else {
                try "\(text)\n".write(toFile: path, atomically: false, encoding: .utf8)
                return
            }
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("\(text)\n".utf8))
        }

        deinit { try? FileManager.default.removeItem(atPath: directory) }
    }

    @Test func coresAndNodesAreRead() throws {
        let machine = Machine()
        try machine.write("cpu/online", "0-7")
        for cpu in 0..<8 {
            let name = cpu < 4 ? "core_cpus_list" : "thread_siblings_list"
            try machine.write("cpu/cpu\(cpu)/topology/\(name)", "\(cpu % 4),\(cpu % 4 + 4)")
        }
        try machine.write("node/online", "0-1")
        try machine.write("node/node0/cpulist", "0-1,4-5")
        try machine.write("node/node1/cpulist", "2-3,6-7")
        var reader = TopologyReader(machine.root)
        let first = reader.read()
        let topology = try #require(first)
        #expect(topology.cpus.map(\.core) == [0, 1, 2, 3, 0, 1, 2, 3])
        #expect(topology.cpus.map(\.node) == [0, 0, 1, 1, 0, 0, 1, 1])
        try machine.write("cpu/online", "1-7")
        let second = reader.read()
        let fewer = try #require(second)
        #expect(fewer.cpus.map(\.id) == Array(1...7))
        #expect(fewer.cpus.map(\.core) == [1, 2, 3, 4, 1, 2, 3])
        try machine.write("cpu/online", "0-7")
        let third = reader.read()
        #expect(third == topology)
    }

    @Test func eachCPUIsACoreWithoutTopology() throws {
        let machine = Machine()
        try machine.write("cpu/online", "0,2")
        var reader = TopologyReader(machine.root)
        let first = reader.read()
        let topology = try #require(first)
        #expect(topology.cpus == [0, 2].map { CPUTopology.CPU(id: $0, core: $0, node: 0) })
    }

    @Test func missingTopologyIsNil() throws {
        let machine = Machine()
        var reader = TopologyReader(machine.root)
        let missing = reader.read()
        #expect(missing == nil)
        try machine.write("cpu/online", "nonsense")
        var other = TopologyReader(machine.root)
        let senseless = other.read()
        #expect(senseless == nil)
    }

    @Test func topologyOfThisHostMatchesItsOnlineCPUs() throws {
        var reader = TopologyReader()
        let count = ProcessInfo.processInfo.activeProcessorCount
        let topology = reader.read()
        #expect(topology?.cpus.count == count)
    }
}
