#if Systemd
import CgroupModel
import Foundation
import Hierarchy
import Testing

@testable import Actuation

enum SystemdAsPID1 {
    static let isHere =
        (try? String(contentsOfFile: "/proc/1/comm", encoding: .utf8)) == "systemd\n"
}

/// With the real systemd as PID 1.
@Suite(
    .enabled(if: SystemdAsPID1.isHere, "PID 1 is not systemd"), .serialized)
struct KernelSystemdTests {
    private let set: HierarchySet
    private let connections = SystemdConnections()
    private let probe: OwnershipProbe
    private let actuator: SystemdActuator
    private let systemd: Systemd

    init() throws {
        let found = try HierarchySet.discover()
        set = found
        probe = OwnershipProbe(connections: connections)
        actuator = SystemdActuator(
            connections: connections, files: KernelControlFiles(),
            deviceFile: { number in
                let major = number.split(separator: ":").compactMap { UInt32($0) }
                guard major.count == 2 else { return nil }
                let key = InstanceKey(major: major[0], minor: major[1])
                return BlockDevices(found.system).name(key).map { "/dev/\($0)" }
            })
        systemd = connections[.system]
    }

    @discardableResult
    private static func shell(_ command: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", command]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command)")
        return String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func directory(_ path: String) throws -> CgroupDirectory {
        try CgroupDirectory(CgroupPath(path), in: set.hierarchies[#require(set.unified)])
    }

    /// Runs a service of its own for the time of a test.
    private func withService(
        _ name: String, _ options: String = "",
        _ body: (SystemdUnit, CgroupDirectory) throws -> Void
    ) throws {
        let unit = "cgwarden-test-\(name).service"
        try Self.shell("systemd-run --quiet --unit=\(unit) \(options) sleep 1000")
        defer { _ = try? Self.shell("systemctl kill --signal=KILL \(unit)") }
        let facts = try #require(try systemd.unit(named: unit))
        try body(SystemdUnit(unit), try directory(facts.cgroup))
    }

    @Test func limitsOfAServiceAreSetAndSurviveAReload() throws {
        let number = try Self.shell("cat /sys/block/vda/dev")
        try withService("limits") { unit, directory throws in
            #expect(try probe.owner(of: directory) == .systemd(unit))
            #expect(probe.chooseActuator(for: directory, writing: "cpu.max") == .systemd(unit))
            let values = [
                FileValue("memory.max", "67108864"), FileValue("memory.high", "50331648"),
                FileValue("memory.low", "4096"), FileValue("memory.min", "8192"),
                FileValue("memory.swap.max", "1048576"), FileValue("pids.max", "50"),
                FileValue("cpu.max", "9900 30000"), FileValue("cpu.weight", "250"),
                FileValue("cpuset.cpus", "0"), FileValue("cpuset.mems", "0"),
                FileValue("io.max", "\(number) rbps=1048576 wiops=120"),
                FileValue("io.bfq.weight", "300"),
            ]
            for result in try actuator.set(values, on: unit, in: directory) {
                #expect(result.isApplied, "\(result)")
            }
            try Self.shell("systemctl daemon-reload")
            for value in values {
                let found = try directory.text(value.file)
                #expect(ReadBack(wanted: value).isMet(by: found), "\(value): \(found)")
            }
            let open = [
                FileValue("memory.max", "max"), FileValue("pids.max", "max"),
                FileValue("cpu.max", "max 100000"), FileValue("io.max", "\(number) rbps=max"),
                FileValue("cpu.idle", "1"),
            ]
            for result in try actuator.set(open, on: unit, in: directory) {
                #expect(result.isApplied, "\(result)")
            }
            #expect(try directory.text("io.max").contains("wiops=120"))
        }
    }

    @Test func aFractionOfAPercentIsLostAsWarned() throws {
        try withService("fraction") { unit, directory throws in
            let value = FileValue("cpu.max", "10000 30000")
            let warnings = try actuator.plan([value], in: directory).warnings
            #expect(warnings.count == 1 && warnings[0].contains("33%"))
            let results = try actuator.set([value], on: unit, in: directory)
            #expect(results.map(\.found) == ["10000 30000"])
            try Self.shell("systemctl daemon-reload")
            #expect(try directory.text("cpu.max") == "9900 30000")
        }
    }

    @Test func whatIsWrittenBehindItsBackIsUndone() throws {
        try withService("behind", "--property=MemoryMax=64M --property=TasksMax=40") {
            unit, directory throws in
            try directory.write("33554432", to: "memory.max")
            let other = FileValue("pids.max", "30")
            #expect(try actuator.set([other], on: unit, in: directory).allSatisfy(\.isApplied))
            #expect(try directory.text("memory.max") == "67108864")
        }
    }

    @Test func aServiceIsFrozenAndThawed() throws {
        try withService("freeze") { unit, directory throws in
            #expect(try actuator.freeze(unit, in: directory))
            #expect(try directory.text("cgroup.freeze") == "1")
            #expect(try Self.shell("systemctl show -P FreezerState \(unit.name)") == "frozen")
            #expect(try actuator.thaw(unit, in: directory))
            #expect(try Self.shell("systemctl show -P FreezerState \(unit.name)") == "running")
        }
    }

    @Test func aScopeHoldsAProcessUntilItIsKilled() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sleep")
        process.arguments = ["1000"]
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        let name = "cgwarden-test-run.scope"
        let scope = try SystemdScope.start(
            name, holding: [UInt32(process.processIdentifier)], describedAs: "A test",
            with: [SystemdAssignment("MemoryMax", .u64(64 << 20))], by: systemd)
        let membership = try String(
            contentsOfFile: "/proc/\(process.processIdentifier)/cgroup", encoding: .utf8)
        #expect(membership.contains(scope.cgroup + "\n"))
        let directory = try directory(scope.cgroup)
        #expect(try directory.text("memory.max") == "67108864")
        #expect(try probe.owner(of: directory) == .systemd(scope.unit))
        #expect {
            try SystemdScope.start(
                name, holding: [UInt32(process.processIdentifier)], describedAs: "A test",
                by: systemd)
        } throws: {
            ($0 as? ActuationError)?.code == .busy
        }
        try actuator.kill(scope.unit, signal: SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationStatus == SIGKILL)
        #expect(
            awaited(seconds: 20) {
                (try? systemd.unit(named: name)) == .some(nil)
            } until: {
                $0
            })
        #expect(!directory.isCurrent)
    }

    @Test func whatIsDelegatedOrForeignIsNotSystemds() throws {
        try withService("delegated", "--property=Delegate=yes") { unit, directory throws in
            #expect(try probe.owner(of: directory) == .systemd(unit))
            let path = directory.path.description + "/cgwarden-test-child"
            try Self.shell("mkdir /sys/fs/cgroup\(path)")
            #expect(try probe.owner(of: self.directory(path)) == .delegated(unit))
        }
        try Self.shell("mkdir /sys/fs/cgroup/cgwarden-test-foreign")
        defer { _ = try? Self.shell("rmdir /sys/fs/cgroup/cgwarden-test-foreign") }
        let foreign = try directory("/cgwarden-test-foreign")
        #expect(try probe.owner(of: foreign) == .nobody)
        #expect(probe.chooseActuator(for: foreign) == .cgroupfs)
    }

    @Test func itsRefusalsAreUnderstood() throws {
        func code(_ body: () throws -> Void) -> ActuationError.Code? {
            do { try body() } catch { return (error as? ActuationError)?.code }
            return nil
        }
        func set(_ assignment: SystemdAssignment, on unit: String) throws {
            try asking("try") { () throws(BusError) in
                try systemd.setProperties(of: unit, [assignment])
            }
        }
        let limit = SystemdAssignment("MemoryMax", .u64(1 << 20))
        #expect(code { try set(limit, on: "cgwarden-test-none.service") } == .notFound)
        #expect(
            code { try asking("try") { () throws(BusError) in try systemd.freeze("no.service") } }
                == .notFound)
        try withService("refusals") { unit, _ throws in
            let unknown = SystemdAssignment("MemoryMaximum", .u64(1 << 20))
            #expect(code { try set(unknown, on: unit.name) } == .unavailable)
            let wrong = SystemdAssignment("CPUWeight", .u64(10_001))
            #expect(code { try set(wrong, on: unit.name) } == .usage)
        }
    }

    @Test func aNewSystemdIsConnectedToAgain() throws {
        let version = try systemd.version()
        #expect(version > 200)
        try Self.shell("systemctl daemon-reexec")
        #expect(try systemd.version() == version)
    }

    @Test func theSystemBusServesAsWell() throws {
        let bus = Systemd(.system, over: SystemBus(.systemBus))
        let version = try systemd.version()
        // It comes back to the bus some time after it was executed again.
        #expect(
            awaited(seconds: 20) {
                try? bus.version()
            } until: {
                $0 != nil
            } == version)
    }
}
#endif
