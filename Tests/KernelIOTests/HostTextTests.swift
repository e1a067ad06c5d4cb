import CgroupModel
import KernelIO
import TestSupport
import Testing

/// The machine's own figures.
@Suite struct HostTextTests {
    @Test func memoryIsInBytes() {
        let text = Array("MemTotal:       24608 kB\nMemFree:  x kB\nSwapTotal:    7 kB\n".utf8)
        #expect(HostText.memory("MemTotal", in: text) == Reading(24608 * 1024))
        #expect(HostText.memory("SwapTotal", in: text) == Reading(7 * 1024))
        #expect(HostText.memory("MemFree", in: text) == .malformed)
        #expect(HostText.memory("MemAvailable", in: text) == .absent)
        // A number that was cut off would be a wrong one.
        for length in 10..<25 {
            let start = Array(text.prefix(length))
            let reading = HostText.memory("MemTotal", in: start)
            #expect(length == 24 ? reading.value == 24608 * 1024 : reading == .malformed)
        }
    }

    @Test func tasksAndLoadAreThoseOfTheHost() {
        #expect(
            HostText.load(in: Array("0.20 0.18 0.12 1/80 11206\n".utf8))
                == (Reading(80), Reading(20)))
        #expect(HostText.load(in: Array("x 0.18 0.12 1/80 11206\n".utf8)).load == .malformed)
        for text in ["0.20 0.18 0.12 1/8", ""] {
            #expect(HostText.load(in: Array(text.utf8)) == (.malformed, .malformed))
        }
    }

    @Test func processorsAreCounted() {
        let text = "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1\ncpu1 1\nintr 5\n"
        let (count, busy, total) = HostText.processors(in: Array(text.utf8))
        #expect(count == 2)
        #expect(busy == Reading((1 + 2 + 3 + 6 + 7) * 10_000))
        #expect(total == Reading((1 + 2 + 3 + 4 + 5 + 6 + 7 + 8) * 10_000))
        #expect(HostText.processors(in: Array("cpu 1 2\n".utf8)).busy == .malformed)
        let huge = "cpu  18446744073709551615 18446744073709551615 1 1 1 1 1 1\n"
        #expect(HostText.processors(in: Array(huge.utf8)).total == .malformed)
    }

    @Test func pressureHasAllItsFields() {
        let some = "some avg10=12.07 avg60=0.05 avg300=100.00 total=81\n"
        var pressure = HostText.pressure(in: Array(some.utf8))
        #expect(pressure.some.avg10 == Reading(1207))
        #expect(pressure.some.avg60 == Reading(5))
        #expect(pressure.some.avg300 == Reading(10_000))
        #expect(pressure.some.total == Reading(81))
        #expect(pressure.full == PressureShare())
        let full = "full avg10=0.00 avg60=1.00 avg300=2.00 total=7\n"
        pressure = HostText.pressure(in: Array((some + full).utf8))
        #expect(pressure.full.avg60 == Reading(100))
        #expect(pressure.full.total == Reading(7))
        // A number that was cut off would be a wrong one.
        for length in 0..<some.utf8.count {
            let start = Array(some.utf8.prefix(length))
            #expect(HostText.pressure(in: start) == Pressure(all: .malformed), "\(length)")
        }
    }

    @Test(arguments: ["1.2", ".20", "1.200", "18446744073709551615.99", "-1.00", "", "max"])
    func pressureIsInHundredths(text: String) {
        let line = "some avg10=\(text) avg60=0.00 avg300=0.00 total=1\n"
        #expect(HostText.pressure(in: Array(line.utf8)) == Pressure(all: .malformed))
    }

    @Test func unusedDisksAreOmitted() {
        let text = """
            7 0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            254 0 vda 11 2 3 4 5 6 7 8 0 1234 99 0 0 0 0 0 0
            8 17 sdb1 1 0 0 0 0 0 0 0 0 0 0
            8 x sdc 1 1 1 1 1 1 1 1 1 1 1
            9999 0 sdd 1 1 1 1 1 1 1 1 1 1 1

            """
        #expect(
            HostText.disks(in: Array(text.utf8)) == [
                DiskSample(device: InstanceKey(major: 254, minor: 0), busy: Reading(1_234_000)),
                DiskSample(device: InstanceKey(major: 8, minor: 17), busy: Reading(0)),
            ])
    }

    @Test func randomBytesDoNotCrash() {
        var noise = SeededNoise(seed: 7)
        let texts = [
            "MemTotal: 5 kB\nMemFree: 7 kB\n", "0.20 0.18 0.12 1/80 11206\n",
            "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n",
            "some avg10=12.07 avg60=0.00 avg300=0.00 total=1\n",
            "254 0 vda 11 2 3 4 5 6 7 8 0 1234 99 0 0\n",
            "1 2 0:3 /a /b rw shared:1 - cgroup cgroup rw,cpu\n", "4:cpu,cpuacct:/a:b\n0::/x\n",
        ].map { Array($0.utf8) }
        for round in 0..<3000 {
            let bytes = noise.spoil(texts[round % texts.count])
            _ = HostText.memory("MemFree", in: bytes)
            _ = HostText.load(in: bytes)
            _ = HostText.disks(in: bytes)
            _ = HostText.processors(in: bytes)
            _ = HostText.pressure(in: bytes)
            _ = MountInfo.parse(bytes)
            _ = ProcCgroup.parse(bytes)
            _ = ProcessIDs.parse(bytes)
        }
    }
}
