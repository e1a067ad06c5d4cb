#if Systemd
import Actuation
import CSystemd

import Glibc
import KernelIO
import TestSupport
import Testing

@Suite struct SystemBusTests {
    @Test func everyTypedValueIsSent() throws {
        let fake = FakeSystemd { _ in .reply([]) }
        let systemd = Systemd(.system, over: SystemBus(.descriptor(fake.descriptor)))
        try systemd.setProperties(
            of: "a.service",
            [
                SystemdAssignment("MemoryMax", .infinity),
                SystemdAssignment("CPUWeight", .u64(250)),
                SystemdAssignment("AllowedCPUs", .bytes([0x05, 0x80])),
                SystemdAssignment(
                    "IOReadBandwidthMax",
                    .deviceU64([SystemdDeviceValue("/dev/vda", 1 << 40)])),
                SystemdAssignment("IOWriteBandwidthMax", .deviceU64([])),
                SystemdAssignment("Description", .string("grün")),
                SystemdAssignment("Delegate", .bool(true)),
                SystemdAssignment("PIDs", .processes([1, 4_000_000_000])),
            ])
        let got = try #require(fake.received.first)
        #expect(got.signature == "sba(sv)")
        #expect(got.destination == "org.freedesktop.systemd1")
        #expect(got.call.object == "/org/freedesktop/systemd1")
        #expect(got.call.interface == "org.freedesktop.systemd1.Manager")
        #expect(got.call.member == "SetUnitProperties")
        #expect(got.call.arguments.prefix(2) == [.string("a.service"), .boolean(true)])
        let properties: [BusValue] = [
            .structure([.string("MemoryMax"), .variant(.uint64(.max))]),
            .structure([.string("CPUWeight"), .variant(.uint64(250))]),
            .structure([.string("AllowedCPUs"), .variant(.bytes([0x05, 0x80]))]),
            .structure([
                .string("IOReadBandwidthMax"),
                .variant(
                    .array(
                        of: "(st)", [.structure([.string("/dev/vda"), .uint64(1 << 40)])])),
            ]),
            .structure([.string("IOWriteBandwidthMax"), .variant(.array(of: "(st)", []))]),
            .structure([.string("Description"), .variant(.string("grün"))]),
            .structure([.string("Delegate"), .variant(.boolean(true))]),
            .structure([
                .string("PIDs"),
                .variant(.array(of: "u", [.uint32(1), .uint32(4_000_000_000)])),
            ]),
        ]
        #expect(got.call.arguments.last == .array(of: "(sv)", properties))
    }

    @Test func otherCallsHaveTheirSignatures() throws {
        let fake = FakeSystemd { _ in .reply([.objectPath("/job/1")]) }
        let systemd = Systemd(.system, over: SystemBus(.descriptor(fake.descriptor)))
        try systemd.freeze("a.scope")
        try systemd.thaw("a.scope")
        try systemd.startTransientUnit("b.scope", [SystemdAssignment("PIDs", .processes([7]))])
        #expect(
            fake.received.map(\.call.member) == [
                "FreezeUnit", "ThawUnit", "StartTransientUnit",
            ])
        #expect(fake.received.map(\.signature) == ["s", "s", "ssa(sv)a(sa(sv))"])
    }

    @Test func repliesAreParsed() throws {
        let answer: [BusValue] = [
            .variant(.structure([.uint32(1), .objectPath("/x"), .boolean(false)])),
            .array(of: "s", [.string(""), .string("b")]), .int32(-1), .bytes([]),
        ]
        let fake = FakeSystemd { _ in .reply(answer) }
        let bus = SystemBus(.descriptor(fake.descriptor))
        #expect(try bus.call(BusCall(object: "/a", interface: "a.b", member: "C")) == answer)
    }

    @Test func unsupportedTypeIsMalformed() throws {
        let fake = FakeSystemd { _ in .reply([.variant(.array(of: "d", []))]) }
        let bus = SystemBus(.descriptor(fake.descriptor))
        // An empty array holds nothing to stumble over; what it could hold does not matter.
        #expect(
            try bus.call(BusCall(object: "/a", interface: "a.b", member: "C"))
                == [.variant(.array(of: "d", []))])
        #expect {
            try Systemd(.system, over: bus).version()
        } throws: {
            if case BusError.malformed = $0 { true } else { false }
        }
    }

    @Test func errorNamesArePreserved() throws {
        let fake = FakeSystemd { _ in
            .error(name: "org.freedesktop.DBus.Error.AccessDenied", message: "Permission denied")
        }
        let systemd = Systemd(.system, over: SystemBus(.descriptor(fake.descriptor)))
        #expect(
            throws: BusError.refused(
                name: "org.freedesktop.DBus.Error.AccessDenied", message: "Permission denied")
        ) { try systemd.freeze("a.scope") }
    }

    @Test func missingReplyTimesOut() throws {
        let fake = FakeSystemd { _ in .silence }
        let systemd = Systemd(
            .system, over: SystemBus(.descriptor(fake.descriptor), timeoutSeconds: 1))
        let start = ContinuousClock.now
        #expect(throws: BusError.timedOut(seconds: 1)) { try systemd.freeze("a.scope") }
        #expect(ContinuousClock.now - start >= .milliseconds(950))
    }

    @Test func endlessHandshakeTimesOut() throws {
        var ends: [Int32] = [0, 0]
        try #require(
            unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let systemd = Systemd(.system, over: SystemBus(.descriptor(ends[0]), timeoutSeconds: 1))
        #expect(throws: BusError.timedOut(seconds: 1)) { try systemd.freeze("a.scope") }
    }

    @Test func lostConnectionIsReported() throws {
        let fake = FakeSystemd { _ in .hangUp }
        let systemd = Systemd(.system, over: SystemBus(.descriptor(fake.descriptor)))
        #expect(throws: BusError.disconnected) { try systemd.freeze("a.scope") }
    }

    @Test func missingSystemdIsReported() throws {
        let systemd = Systemd(.system, over: SystemBus(.socket("/nonexistent/private")))
        #expect(throws: BusError.unreachable("No such file or directory")) {
            try systemd.freeze("a.scope")
        }
    }

    /// A user may put a link there, to the system's own systemd.
    @Test func socketOfAnotherUserIsNotUsed() throws {
        let folder = try ScratchFolder()
        let listener = try LocalListener(folder.path("private"))
        let other = geteuid() + 1
        let systemd = Systemd(
            .user(other),
            over: SystemBus(.socket(folder.path("private"), user: other), timeoutSeconds: 60))
        let reason = "\(folder.path("private")) is not served by user \(other)"
        #expect(throws: BusError.unreachable(reason)) { try systemd.freeze("a.scope") }
        _ = consume listener
    }

    @Test func connectionIsSharedByThreads() async throws {
        let fake = FakeSystemd { call in .reply(call.arguments) }
        let bus = SystemBus(.descriptor(fake.descriptor), timeoutSeconds: 60)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 as Range<UInt32> {
                group.addTask {
                    let sent: [BusValue] = [.uint32(number)]
                    let call = BusCall(object: "/a", interface: "a.b", member: "Echo", sent)
                    return (try? bus.call(call)) == sent
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(fake.received.count == 20)
    }
}
#endif
