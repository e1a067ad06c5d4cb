import Testing

@testable import Actuation

@Suite struct ReadBackTests {
    private static let same: [(file: String, wanted: String, found: String)] = [
        ("memory.max", "max", "max"), ("memory.max", "4097", "4096"),
        ("memory.limit_in_bytes", "-1", "9223372036854771712"),
        ("cpu.max", "50000", "50000 100000"), ("cpu.max", "max", "max 100000"),
        ("cpu.max", "1000 2000", "1000 2000"),
        ("cpuset.cpus", "0,1", "0-1"), ("cpuset.cpus", "\n", ""),
        ("io.weight", "200", "default 200\n8:0 100"),
        ("io.weight", "8:0 100", "default 200\n8:0 100"), ("io.bfq.weight", "default 5", "5"),
        ("io.max", "254:0 wbps=1", "8:0 rbps=7\n254:0 rbps=max wbps=1 riops=max wiops=max"),
        ("io.max", "254:0 wbps=max", ""), ("io.latency", "8:0 target=5", "8:0 target=5"),
        ("blkio.throttle.read_bps_device", "8:0 0", ""),
    ]

    private static let different: [(file: String, wanted: String, found: String)] = [
        ("memory.max", "max", "4096"), ("memory.max", "8192", "4096"), ("pids.max", "7", "4"),
        ("pids.max", "4097", "4096"), ("cpu.max", "50000 100000", "50000 20000"),
        ("cpu.max", "5000", "50000 100000"), ("cpuset.cpus", "0", "0-1"),
        ("cpuset.cpus", "0", ""), ("cpuset.cpus", "\n", "0"),
        ("io.weight", "200", "default 100\n8:0 200"),
        ("io.max", "254:0 wbps=1", ""), ("io.max", "254:0 wbps=max", "254:0 wbps=1"),
        ("memory.limit_in_bytes", "-1", "4096"), ("cpu.weight", "20", "200"),
    ]

    @Test(arguments: same.indices)
    func equivalentTextIsAccepted(_ row: Int) {
        let (file, wanted, found) = Self.same[row]
        #expect(ReadBack(wanted: FileValue(file, wanted)).isMet(by: found))
    }

    @Test(arguments: different.indices)
    func differentTextIsRejected(_ row: Int) {
        let (file, wanted, found) = Self.different[row]
        #expect(!ReadBack(wanted: FileValue(file, wanted)).isMet(by: found))
    }
}
