#if Systemd
import CgroupModel
import Hierarchy
import Testing

@testable import Actuation

/// With the real systemd as PID 1 and a v1 tree for each controller.
@Suite(
    .enabled(if: SystemdAsPID1.isHere, "PID 1 is not systemd"),
    .enabled(if: SystemdAsPID1.mode != .v2, "there are no v1 trees"), .serialized)
struct KernelSystemdLegacyTests {
    private let guest: SystemdAsPID1

    init() throws { guest = try SystemdAsPID1() }

    @Test func limitsOfAServiceAreSetAndSurviveAReload() throws {
        let number = try SystemdAsPID1.shell("cat /sys/block/vda/dev")
        let table: [(Controller, [FileValue])] = [
            (.memory, [FileValue("memory.limit_in_bytes", "67108864")]),
            (.pids, [FileValue("pids.max", "50")]),
            (
                .cpu,
                [
                    FileValue("cpu.shares", "512"), FileValue("cpu.cfs_quota_us", "5000"),
                    FileValue("cpu.cfs_period_us", "20000"),
                ]
            ),
            (
                .io,
                [
                    FileValue("blkio.throttle.read_bps_device", "\(number) 1048576"),
                    FileValue("blkio.throttle.write_bps_device", "\(number) 2097152"),
                ]
            ),
        ]
        // systemd makes a unit's cgroup in a tree only for what is set there.
        let options = "--property=CPUWeight=50 --property=IOWeight=50 --property=TasksMax=99"
        try guest.withService("legacy", options) { unit, cgroup throws in
            for (controller, values) in table {
                let directory = try guest.directory(cgroup, of: controller)
                #expect(try guest.probe.owner(of: directory) == .systemd(unit))
                for result in try guest.actuator.set(values, on: unit, in: directory) {
                    #expect(result.isApplied, "\(result)")
                }
            }
            try SystemdAsPID1.shell("systemctl daemon-reload")
            for (controller, values) in table {
                let directory = try guest.directory(cgroup, of: controller)
                for value in values {
                    let found = try directory.text(value.file)
                    #expect(ReadBack(wanted: value).isMet(by: found), "\(value): \(found)")
                }
            }
            let directory = try guest.directory(cgroup, of: .memory)
            let open = [FileValue("memory.limit_in_bytes", "-1")]
            for result in try guest.actuator.set(open, on: unit, in: directory) {
                #expect(result.isApplied, "\(result)")
            }
        }
    }

    @Test func systemdDoesNotFreezeOnV1() throws {
        try guest.withService("freeze") { unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            #expect {
                _ = try guest.actuator.freeze(unit, in: directory)
            } throws: {
                ($0 as? ActuationError)?.code == .unavailable
            }
            try SystemdAsPID1.shell("mkdir -p /sys/fs/cgroup/freezer/cgwarden-test-frozen")
            defer {
                _ = try? SystemdAsPID1.shell("rmdir /sys/fs/cgroup/freezer/cgwarden-test-frozen")
            }
            let frozen = try guest.directory("/cgwarden-test-frozen", of: .freezer)
            #expect(guest.probe.chooseActuator(for: frozen) == .cgroupfs)
        }
    }
}
#endif
