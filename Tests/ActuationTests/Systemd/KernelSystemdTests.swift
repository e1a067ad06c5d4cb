#if Systemd
import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// With the real systemd as PID 1 and one v2 tree.
@Suite(
    .enabled(if: SystemdAsPID1.isHere, "PID 1 is not systemd"),
    .enabled(if: SystemdAsPID1.mode == .v2, "there are v1 trees"), .serialized)
struct KernelSystemdTests {
    private let guest: SystemdAsPID1

    init() throws { guest = try SystemdAsPID1() }

    @Test func limitsOfAServiceAreSetAndSurviveAReload() throws {
        let number = try SystemdAsPID1.shell("cat /sys/block/vda/dev")
        try guest.withService("limits") { unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            #expect(try guest.probe.owner(of: directory) == .systemd(unit))
            #expect(
                guest.probe.chooseActuator(for: directory, writing: "cpu.max") == .systemd(unit))
            let values = [
                FileValue("memory.max", "67108864"), FileValue("memory.high", "50331648"),
                FileValue("memory.low", "4096"), FileValue("memory.min", "8192"),
                FileValue("memory.swap.max", "1048576"), FileValue("pids.max", "50"),
                FileValue("cpu.max", "9900 30000"), FileValue("cpu.weight", "250"),
                FileValue("cpuset.cpus", "0"), FileValue("cpuset.mems", "0"),
                FileValue("io.max", "\(number) rbps=1048576 wiops=120"),
                FileValue("io.bfq.weight", "300"),
            ]
            for result in try guest.actuator.set(values, on: unit, in: directory) {
                #expect(result.isApplied, "\(result)")
            }
            try SystemdAsPID1.shell("systemctl daemon-reload")
            for value in values {
                let found = try directory.text(value.file)
                #expect(ReadBack(wanted: value).isMet(by: found), "\(value): \(found)")
            }
            let open = [
                FileValue("memory.max", "max"), FileValue("pids.max", "max"),
                FileValue("cpu.max", "max 100000"), FileValue("io.max", "\(number) rbps=max"),
                FileValue("cpu.idle", "1"),
            ]
            for result in try guest.actuator.set(open, on: unit, in: directory) {
                #expect(result.isApplied, "\(result)")
            }
            #expect(try directory.text("io.max").contains("wiops=120"))
        }
    }

    @Test func limitOfAUnitIsWrittenThroughSystemd() throws {
        try guest.withService("aware") { unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            let values = [
                FileValue("memory.max", "67108864"), FileValue("cpuset.cpus", "0"),
                FileValue("memory.oom.group", "1"), FileValue("cgroup.freeze", "1"),
            ]
            for value in values {
                try guest.files.write(value.text, to: value.file, of: directory)
                #expect(try guest.files.text(value.file, of: directory) == value.text)
            }
            let frozen = "systemctl show -P FreezerState \(unit.name)"
            #expect(try SystemdAsPID1.shell(frozen) == "frozen")
            try guest.files.write("0", to: "cgroup.freeze", of: directory)
            #expect(try SystemdAsPID1.shell(frozen) == "running")
            try SystemdAsPID1.shell("systemctl daemon-reload")
            #expect(try directory.text("memory.max") == "67108864")
            // The original value, as for a restore.
            try guest.files.write("max", to: "memory.max", of: directory)
            // The kernel does not empty a list in use; systemd may take the file away instead.
            do throws(IOError) {
                try guest.files.write("\n", to: "cpuset.cpus", of: directory)
                #expect(try guest.files.text("cpuset.cpus", of: directory) == "")
            } catch {
                #expect(error.code == ENOSPC)
            }
            try SystemdAsPID1.shell("systemctl daemon-reload")
            #expect(try directory.text("memory.max") == "max")
        }
    }

    @Test func fractionOfAPercentIsLostAsWarned() throws {
        try guest.withService("fraction") { unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            let value = FileValue("cpu.max", "10000 30000")
            let warnings = try guest.actuator.plan([value], in: directory).warnings
            #expect(warnings.count == 1 && warnings[0].contains("33%"))
            let results = try guest.actuator.set([value], on: unit, in: directory)
            #expect(results.map(\.found) == ["10000 30000"])
            try SystemdAsPID1.shell("systemctl daemon-reload")
            #expect(try directory.text("cpu.max") == "9900 30000")
        }
    }

    @Test func valueWrittenBypassingSystemdIsReset() throws {
        try guest.withService("behind", "--property=MemoryMax=64M --property=TasksMax=40") {
            unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            try directory.write("33554432", to: "memory.max")
            let other = FileValue("pids.max", "30")
            #expect(
                try guest.actuator.set([other], on: unit, in: directory).allSatisfy(\.isApplied))
            #expect(try directory.text("memory.max") == "67108864")
        }
    }

    @Test func serviceIsFrozenAndThawedThroughSystemd() throws {
        try guest.withService("freeze") { unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            #expect(try guest.actuator.freeze(unit, in: directory))
            #expect(try directory.text("cgroup.freeze") == "1")
            #expect(
                try SystemdAsPID1.shell("systemctl show -P FreezerState \(unit.name)") == "frozen")
            #expect(try guest.actuator.thaw(unit, in: directory))
            #expect(
                try SystemdAsPID1.shell("systemctl show -P FreezerState \(unit.name)") == "running")
        }
    }

    @Test func watchdogOfAServiceHalvesTheTimeout() throws {
        try guest.withService("watchdog", "--property=WatchdogSec=10min") { _, cgroup throws in
            let path = CgroupPath(cgroup)
            let freezer = Freezer(
                ActingContext(guest.set, files: guest.files, thawGuard: Program.thawGuard))
            let frozen = try freezer.freeze(path, timeout: .seconds(3600))
            #expect(frozen.isShortened)
            #expect(frozen.timeout == .seconds(300))
            _ = try freezer.thaw(path)
        }
    }

    @Test func freezeAndThawByOtherProgramsAreTolerated() throws {
        try guest.withService("others") { unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            try directory.write("1", to: "cgroup.freeze")
            #expect(try guest.actuator.thaw(unit, in: directory))
            #expect(try guest.actuator.freeze(unit, in: directory))
            try directory.write("0", to: "cgroup.freeze")
            #expect(try guest.actuator.freeze(unit, in: directory))
            #expect(try guest.actuator.thaw(unit, in: directory))
        }
    }

    @Test func missingFileReadsAsInANewCgroup() throws {
        // In a slice of its own, for a delegated neighbour has every controller switched on.
        try guest.withService("initial", "--slice=cgwarden-test-initial.slice") {
            unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            let number = try SystemdAsPID1.shell("cat /sys/block/vda/dev")
            #expect(try guest.textIfThere("io.max", of: directory) == nil)
            #expect(try guest.files.text("io.max", of: directory) == "")
            try guest.files.write("\(number) wbps=4096", to: "io.max", of: directory)
            #expect(try guest.files.text("io.max", of: directory).contains("wbps=4096"))
            #expect(throws: IOError.self) {
                try guest.files.text("io.nonsense", of: directory)
            }
        }
    }

    /// A user's systemd puts a process of the user into a scope, though it may not move it itself.
    @Test func unitsOfTheUserManagerAreFound() throws {
        let user: UInt32 = 65534
        try SystemdAsPID1.withSystemd(ofUser: user) {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/setpriv")
            process.arguments = ["--reuid=\(user)", "--clear-groups", "sleep", "1000"]
            try process.run()
            defer { if process.isRunning { process.terminate() } }
            let isTheirs = awaited(seconds: 120) {
                (try? String(
                    contentsOfFile: "/proc/\(process.processIdentifier)/comm", encoding: .utf8))
                    == "sleep\n"
            } until: {
                $0
            }
            try #require(isTheirs)
            let scope = try SystemdScope.start(
                "cgwarden-test-user.scope", holding: [UInt32(process.processIdentifier)],
                describedAs: "A test", by: guest.connections[.user(user)])
            let cgroup = try guest.directory(scope.cgroup)
            #expect(scope.cgroup.contains("/user@\(user).service/"))
            #expect(try guest.probe.owner(of: cgroup) == .systemd(scope.unit))
            #expect(scope.unit.instance == .user(user))
            let value = FileValue("memory.max", "67108864")
            let results = try guest.actuator.set([value], on: scope.unit, in: cgroup)
            #expect(results.map(\.found) == [value.text])
        }
    }

    @Test func scopeContainsAProcessUntilItIsKilled() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sleep")
        process.arguments = ["1000"]
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        let name = "cgwarden-test-run.scope"
        let scope = try SystemdScope.start(
            name, holding: [UInt32(process.processIdentifier)], describedAs: "A test",
            with: [SystemdAssignment("MemoryMax", .u64(64 << 20))], by: guest.systemd)
        let membership = try String(
            contentsOfFile: "/proc/\(process.processIdentifier)/cgroup", encoding: .utf8)
        #expect(membership.contains(scope.cgroup + "\n"))
        let directory = try guest.directory(scope.cgroup)
        #expect(try directory.text("memory.max") == "67108864")
        #expect(try guest.probe.owner(of: directory) == .systemd(scope.unit))
        #expect {
            try SystemdScope.start(
                name, holding: [UInt32(process.processIdentifier)], describedAs: "A test",
                by: guest.systemd)
        } throws: {
            ($0 as? ActuationError)?.code == .busy
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationStatus == SIGKILL)
        #expect(
            awaited(seconds: 120) {
                (try? guest.systemd.unit(named: name)) == .some(nil)
            } until: {
                $0
            })
        #expect(directory.isKnownGone)
    }

    @Test func delegatedCgroupsAreNotOwnedBySystemd() throws {
        try guest.withService("delegated", "--property=Delegate=yes") { unit, cgroup throws in
            let directory = try guest.directory(cgroup)
            #expect(try guest.probe.owner(of: directory) == .systemd(unit))
            let path = directory.path.description + "/cgwarden-test-child"
            try SystemdAsPID1.shell("mkdir /sys/fs/cgroup\(path)")
            #expect(try guest.probe.owner(of: guest.directory(path)) == .delegated(unit))
        }
        try SystemdAsPID1.shell("mkdir /sys/fs/cgroup/cgwarden-test-foreign")
        defer { _ = try? SystemdAsPID1.shell("rmdir /sys/fs/cgroup/cgwarden-test-foreign") }
        let foreign = try guest.directory("/cgwarden-test-foreign")
        #expect(try guest.probe.owner(of: foreign) == .nobody)
        #expect(guest.probe.chooseActuator(for: foreign) == .cgroupfs)
    }

    @Test func errorsOfSystemdAreTranslated() throws {
        func code(_ body: () throws -> Void) -> ActuationError.Code? {
            do { try body() } catch { return (error as? ActuationError)?.code }
            return nil
        }
        func set(_ assignment: SystemdAssignment, on unit: String) throws {
            try asking("try") { () throws(BusError) in
                try guest.systemd.setProperties(of: unit, [assignment])
            }
        }
        let limit = SystemdAssignment("MemoryMax", .u64(1 << 20))
        #expect(code { try set(limit, on: "cgwarden-test-missing.service") } == .notFound)
        #expect(
            code {
                try asking("try") { () throws(BusError) in try guest.systemd.freeze("no.service") }
            }
                == .notFound)
        try guest.withService("refusals") { unit, _ throws in
            let unknown = SystemdAssignment("MemoryMaximum", .u64(1 << 20))
            #expect(code { try set(unknown, on: unit.name) } == .unavailable)
            let wrong = SystemdAssignment("CPUWeight", .u64(10_001))
            #expect(code { try set(wrong, on: unit.name) } == .usage)
        }
    }

    @Test func restartedSystemdIsReconnected() throws {
        let version = try guest.systemd.version()
        #expect(version > 200)
        try SystemdAsPID1.shell("systemctl daemon-reexec")
        #expect(try guest.systemd.version() == version)
    }

    @Test func systemBusWorksWithoutThePrivateSocket() throws {
        let bus = Systemd(.system, over: SystemBus(.systemBus))
        let version = try guest.systemd.version()
        // It returns to the bus some time after its re-execution.
        #expect(
            awaited(seconds: 120) {
                try? bus.version()
            } until: {
                $0 != nil
            } == version)
    }
}
#endif
