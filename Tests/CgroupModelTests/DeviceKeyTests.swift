import CgroupModel
import Testing
import TestSupport

/// Device numbers as text, and sums over devices.
@Suite struct DeviceKeyTests {
    @Test func deviceNumberIsParsedAsTheKernelWritesIt() {
        #expect(InstanceKey(device: "8:0") == InstanceKey(major: 8, minor: 0))
        for text in ["0:0", "254:3", "4095:1048575"] {
            #expect(InstanceKey(device: text)?.text(.device) == text)
        }
    }

    @Test(arguments: ["", "8", "8:", ":0", "+8:0", "-8:0", "8:0:1", "8: 0", "4096:0", "0:1048576"])
    func textThatIsNoDeviceNumberIsRefused(_ text: String) {
        #expect(InstanceKey(device: text) == nil)
    }

    @Test func rateOfACounterWithDevicesIsTheirSum() {
        var builder = SnapshotBuilder()
        builder.add(
            "/a", ["cpu.usage_usec": Reading(3_000_000)],
            before: ["cpu.usage_usec": Reading(1_000_000)])
        for minor: UInt32 in 0...1 {
            builder.instance(
                "io.rbytes", InstanceKey(major: 8, minor: minor), 4096, before: 1024)
        }
        let snapshot = builder.build()
        let index = snapshot.index(of: CgroupPath("/a")) ?? 0
        #expect(snapshot.totalRate(index, .cpuUsage) == 2_000_000)
        #expect(snapshot.totalRate(index, .ioReadBytes) == 6144)
        #expect(snapshot.totalRate(index, .ioWrittenBytes) == nil)
    }
}
