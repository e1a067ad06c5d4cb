import CgroupModel
import Foundation
import Testing

@testable import Hierarchy

/// The machine's own row, from a `/proc` made for the test.
@Suite struct HostRowTests {
    private let directory = FileManager.default.temporaryDirectory
        .appending(path: "cgwarden-test-\(UUID().uuidString)")

    private func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = directory.appending(path: "proc/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    @Test func hostRowHasEveryHostFile() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let pressure = """
            some avg10=1.00 avg60=2.00 avg300=3.00 total=4
            full avg10=5.00 avg60=6.00 avg300=7.00 total=8

            """
        try write([
            "meminfo": "MemTotal: 8 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\nSwapTotal: 4 kB\n",
            "loadavg": "1.25 0.18 0.12 1/80 11206\n",
            "stat": "cpu  10 0 10 80 0 0 0 0 0 0\ncpu0 1\ncpu1 1\n",
            "diskstats": "254 0 vda 1 0 0 0 0 0 0 0 0 200 0\n",
            "pressure/io": pressure,
            "pressure/irq": "full avg10=9.00 avg60=0.00 avg300=0.00 total=12\n",
        ])
        var reader = HostReader(.captured(in: directory.path))
        let first = reader.read()
        #expect(first.load == Reading(125))
        #expect(first.tasks == Reading(80))
        #expect(first.swapFree == .absent)
        #expect(first.pressure.io.full.total == Reading(8))
        #expect(first.pressure.cpu == Pressure())
        #expect(first.pressure.irq.full.avg10 == Reading(900))
        #expect(first.pressure.irq.full.total == Reading(12))
        #expect(first.pressure.irq.some.total == .absent)
        #expect(first.ioPressure == Reading(100))
        #expect(first.cpuUtilization == nil)
        let disk = InstanceKey(major: 254, minor: 0)
        #expect(first.disks == [DiskSample(device: disk, busy: Reading(200_000))])

        try write([
            "stat": "cpu  40 0 10 150 0 0 0 0 0 0\ncpu0 1\n",
            "diskstats": "8 0 sda 1 0 0 0 0 0 0 0 0 7 0\n254 0 vda 1 0 0 0 0 0 0 0 0 700 0\n",
        ])
        let second = reader.read()
        #expect(second.cpuCount == 1)
        #expect(second.cpuUtilization == 0.3)
        #expect(second.disks.map(\.previousBusy) == [.absent, Reading(200_000)])
        #expect(snapshot(second).diskUtilization(disk) == 0.25)
        #expect(snapshot(second).diskUtilization(InstanceKey(major: 8, minor: 0)) == nil)
    }

    /// Two seconds after the one before.
    private func snapshot(_ host: HostSample) -> Snapshot {
        Snapshot(
            tick: 2, wallTime: 0,
            tierTimes: Tier.allCases.map { _ in TierTimes(now: 3_000_000_000, before: 1_000_000_000)
            }, schema: Schema([]), cgroups: [], blocks: [], host: host, health: SampleHealth())
    }
}
