import CgroupModel
import Testing

/// Limits above what the machine has.
@Suite struct ExcessTests {
    private let host = HostFacts(
        memoryBytes: 8 << 30, cpus: RangeList(0..<2), nodes: [0: RangeList(0..<2)])

    private func excess(_ text: String) throws -> String? {
        try LimitRequest.all(parsing: text, host: host)[0].excess(on: host)
    }

    @Test(arguments: [
        ("cpu.max=5000cpus", "cpu.max=5000cpus exceeds the 2 CPUs of this host"),
        ("cpu.max=200%host", "cpu.max=4cpus exceeds the 2 CPUs of this host"),
        ("memory.max=16GiB", "memory.max=16GiB exceeds the 8.0 GiB of memory of this host"),
        ("memory.max=2TB", "memory.max=2TB exceeds the 8.0 GiB of memory of this host"),
        ("memory.low=200%host", "memory.low=16GiB exceeds the 8.0 GiB of memory of this host"),
    ])
    func limitAboveTheHostsCapacityIsReported(text: String, message: String) throws {
        #expect(try excess(text) == message)
    }

    @Test(arguments: [
        "cpu.max=2cpus", "cpu.max=100%host", "cpu.max=max", "memory.max=8GiB", "memory.max=max",
        "memory.swap.max=16GiB", "memory.memsw.max=16GiB", "pids.max=100000", "cpu.max.burst=5s",
    ])
    func limitWithinTheHostsCapacityIsNotReported(text: String) throws {
        #expect(try excess(text) == nil)
    }

    @Test func unknownCapacityReportsNothing() throws {
        let unknown = HostFacts(memoryBytes: nil, cpus: RangeList([Int]()), nodes: [:])
        for text in ["cpu.max=5000cpus", "memory.max=16TiB"] {
            #expect(try LimitRequest.all(parsing: text, host: host)[0].excess(on: unknown) == nil)
        }
    }
}
