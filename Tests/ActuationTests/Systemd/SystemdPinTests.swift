import CgroupModel
import Foundation
import KernelIO
import Testing

@testable import Actuation

/// Pinning a unit below which cpuset is not on.
@Suite struct SystemdPinTests {
    private let tree: CapturedCgroups

    init() throws {
        tree = try CapturedCgroups(unified: "cpuset memory")
        _ = try tree.cgroup(
            "/",
            ["cpuset.cpus.effective": "0-3", "cpuset.mems.effective": "0", "cgroup.procs": ""])
        _ = try tree.cgroup("/some.slice", ["cgroup.procs": ""])
        _ = try tree.cgroup("/some.slice/web.service", ["cgroup.procs": ""])
    }

    private func pinner(
        _ act: @escaping @Sendable (BusCall) -> Void
    ) -> (pinner: Pinner, bus: StubBus, journal: UndoJournal) {
        let machine = StubUnits(units: [
            .init(name: "web.service", cgroup: "/some.slice/web.service")
        ])
        let bus = StubBus { call throws(BusError) in
            if let answer = try machine.answer(call) { return answer }
            act(call)
            return []
        }
        let connections = SystemdConnections { Systemd($0, over: bus) }
        let kernel = KernelControlFiles()
        let files = OwnerAwareFiles(
            probe: OwnershipProbe(connections: connections, isSystemdRunning: true),
            actuator: SystemdActuator(
                connections: connections, files: kernel, deviceFile: { _ in nil }),
            kernel: kernel)
        let journal = UndoJournal(directory: tree.place + "/state")
        return (Pinner(ActingContext(tree.set, files: files, journal: journal)), bus, journal)
    }

    private static func masks(_ bus: StubBus) -> [[UInt8]] {
        bus.calls.filter { $0.member == "SetUnitProperties" }.compactMap {
            guard case .array(_, let assignments) = $0.arguments.last,
                case .structure(let fields) = assignments.first,
                fields.first?.text == "AllowedCPUs",
                case .variant(.bytes(let mask)) = fields.last
            else { return nil }
            return mask
        }
    }

    @Test func pinEnablesCpusetThroughSystemd() throws {
        let (pinner, bus, journal) = pinner { [tree] call in
            guard call.member == "SetUnitProperties" else { return }
            let place = "/some.slice/web.service/cpuset."
            for (file, text) in [
                ("cpus", "1-2"), ("cpus.effective", "1-2"), ("mems", ""), ("mems.effective", "0"),
            ] {
                tree.write(text, to: place + file)
            }
        }
        let path = CgroupPath("/some.slice/web.service")
        let pinned = try pinner.pin(path, cpus: RangeList("1-2"), mems: nil)
        #expect(pinned.cpus == "1-2")
        #expect(pinned.mems == "0")
        #expect(!pinned.isNarrowed)
        #expect(Self.masks(bus) == [[0b110]])
        let entry = try #require(try journal.entries().first)
        #expect(entry.original == "" && entry.readBack == "1-2")
    }

    @Test func cpusetUnavailableInAncestorsIsNotRequested() throws {
        let (pinner, bus, _) = pinner { _ in }
        #expect {
            try pinner.pin(
                CgroupPath("/some.slice/web.service"), cpus: RangeList("7"), mems: nil)
        } throws: {
            "\($0)".contains("0-3; choose from these")
        }
        #expect(Self.masks(bus).isEmpty)
    }

    @Test func pinWithoutEffectIsReportedAndReverted() throws {
        let (pinner, bus, journal) = pinner { _ in }
        #expect {
            try pinner.pin(
                CgroupPath("/some.slice/web.service"), cpus: RangeList("1"), mems: nil)
        } throws: {
            ($0 as? ActuationError)?.code == .unavailable
                && "\($0)".contains("cpuset is not enabled there")
        }
        #expect(Self.masks(bus) == [[0b10], []])
        #expect(try journal.entries().isEmpty)
    }
}
