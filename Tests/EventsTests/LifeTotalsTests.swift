import CgroupModel
import KernelIO
import TestSupport
import Testing

@testable import Events

/// The last reading of a v2 cgroup.
@Suite struct LifeTotalsTests {
    private func totals(_ files: [String: String]) throws -> [EventField: UInt64] {
        let folder = try ScratchFolder()
        for (name, text) in files { try folder.write(name, text) }
        let totals = LifeTotals(in: try OwnedDescriptor.directory(Array(folder.path("").utf8)))
        return Dictionary(
            uniqueKeysWithValues: LifeTotals.rows.indices.compactMap { row in
                totals[row].map { (LifeTotals.rows[row].field, $0) }
            })
    }

    @Test func everyFileOfACgroupIsRead() throws {
        let found = try totals([
            "cpu.stat": """
            usage_usec 300
            user_usec 200
            system_usec 100
            nr_periods 9
            nr_throttled 4
            throttled_usec 70

            """,
            "io.stat": """
            8:0 rbytes=1000 wbytes=10 rios=1 wios=1 dbytes=0 dios=0
            8:16 rbytes=2000 wbytes=20 rios=1 wios=1 dbytes=0 dios=0

            """,
            "memory.events": "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n",
            "memory.peak": "4096\n", "pids.peak": "12\n",
            "memory.stat": "anon 5\npgfault 60\npgmajfault 7\n",
        ])
        #expect(
            found == [
                .cpuTime: 300, .cpuUser: 200, .cpuSystem: 100, .throttledPeriods: 4,
                .throttledTime: 70, .readBytes: 3000, .writtenBytes: 30, .oomKills: 1,
                .memoryPeak: 4096, .pidsPeak: 12, .pageFaults: 60, .majorFaults: 7,
            ])
    }

    @Test func fileThatIsMissingOrMalformedLeavesItsValuesUnknown() throws {
        let found = try totals([
            "cpu.stat": "usage_usec x\nuser_usec 200\n", "io.stat": "",
            "memory.peak": "4096 and more\n",
        ])
        #expect(found == [.cpuUser: 200, .readBytes: 0, .writtenBytes: 0])
    }
}
