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

    @Test func tasksAreCountedOverTheMachine() {
        #expect(HostText.tasks(in: Array("0.20 0.18 0.12 1/80 11206\n".utf8)) == Reading(80))
        #expect(HostText.tasks(in: Array("0.20 0.18 0.12 1/8".utf8)) == .malformed)
        #expect(HostText.tasks(in: []) == .malformed)
    }

    @Test func processorsAreCounted() {
        let text = "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1\ncpu1 1\nintr 5\n"
        let (count, busy) = HostText.processors(in: Array(text.utf8))
        #expect(count == 2)
        #expect(busy == Reading((1 + 2 + 3 + 6 + 7) * 10_000))
        #expect(HostText.processors(in: Array("cpu 1 2\n".utf8)).busy == .malformed)
        let huge = "cpu  18446744073709551615 18446744073709551615 1 1 1 1 1 1\n"
        #expect(HostText.processors(in: Array(huge.utf8)).busy == .malformed)
    }

    @Test func pressureIsInHundredths() {
        func read(_ text: String) -> Reading { HostText.pressure(in: Array(text.utf8)) }
        #expect(read("some avg10=12.07 avg60=0.00 avg300=0.00 total=1\n") == Reading(1207))
        for text in [
            "some avg10=1.2", "some avg10=1.20", "some avg10=.20 ", "some avg10=1.200 ",
            "full avg10=1.00 ", "some avg10=18446744073709551615.99 ", "some avg10=-1.00 ", "",
        ] {
            #expect(read(text) == .malformed, "\(text)")
        }
    }

    @Test func noiseDoesNotTrap() {
        var noise = SeededNoise(seed: 7)
        let texts = [
            "MemTotal: 5 kB\nMemFree: 7 kB\n", "0.20 0.18 0.12 1/80 11206\n",
            "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n", "some avg10=12.07 avg60=0.00 total=1\n",
            "1 2 0:3 /a /b rw shared:1 - cgroup cgroup rw,cpu\n", "4:cpu,cpuacct:/a:b\n0::/x\n",
        ].map { Array($0.utf8) }
        for round in 0..<3000 {
            let bytes = noise.spoil(texts[round % texts.count])
            _ = HostText.memory("MemFree", in: bytes)
            _ = HostText.tasks(in: bytes)
            _ = HostText.processors(in: bytes)
            _ = HostText.pressure(in: bytes)
            _ = MountInfo.parse(bytes)
            _ = ProcCgroup.parse(bytes)
            _ = ProcessIDs.parse(bytes)
        }
    }
}
