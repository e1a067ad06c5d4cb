import CgroupModel
import Foundation
import Hierarchy
import Testing

@Suite struct ProcessStatusTests {
    private static let text = """
        Name:\tsshd\\\\a\\nb
        Umask:\t0022
        State:\tS (sleeping)
        Uid:\t1000\t1001\t1002\t1003
        Gid:\t5\t6\t7\t8
        Groups:\t4 24 
        NSpid:\t31550\t12\t1
        VmHWM:\t    1724 kB
        VmRSS:\t    1720 kB
        VmSwap:\t       0 kB
        Threads:\t3
        CapInh:\t0000000000000000
        CapPrm:\t000001ffffffffff
        CapEff:\t000001fffeffffff
        CapBnd:\t0000000000003000
        CapAmb:\t0000000000000001
        NoNewPrivs:\t1
        Seccomp:\t2
        Seccomp_filters:\t4

        """

    @Test func readsEveryKnownLine() throws {
        let status = try ProcessStatus(parsing: Array(Self.text.utf8))
        #expect(status.name == "sshd\\a\\x0ab")
        #expect(status.user == 1001)
        #expect(status.namespacePIDs == [31550, 12, 1])
        #expect(status.inheritable?.mask == 0)
        #expect(status.permitted?.text() == "all")
        #expect(status.effective?.text() == "all but cap_sys_resource")
        #expect(status.bounding?.names == ["cap_net_admin", "cap_net_raw"])
        #expect(status.ambient?.names == ["cap_chown"])
        #expect(status.noNewPrivileges == true)
        #expect(status.seccomp == .filter)
    }

    @Test func missingLinesAreAbsent() throws {
        // A kernel thread on a kernel without seccomp.
        let status = try ProcessStatus(parsing: Array("Name:\tkthreadd\nThreads:\t1\n".utf8))
        #expect(status.seccomp == nil)
        #expect(status.noNewPrivileges == nil)
        #expect(status.effective == nil)
        #expect(status.user == nil)
        #expect(status.namespacePIDs.isEmpty)
    }

    @Test(arguments: [
        "Uid:\t1\t2\t3\n", "Uid:\t1\t4294967296\t2\t3\n", "CapEff:\t00000000000000zz\n",
        "CapEff:\t10000000000000000\n", "Tgid:\t\n", "Tgid:\t1 2\n", "Tgid:\t-1\n",
        "NSpid:\tx\n", "Tgid:\t1",
    ])
    func malformedLineIsAnError(line: String) {
        #expect(throws: ProcessTextError.self) {
            try ProcessStatus(parsing: Array(line.utf8))
        }
    }

    @Test func errorHasItsOffset() throws {
        let error = #expect(throws: ProcessTextError.self) {
            try ProcessStatus(parsing: Array("Name:\ta\nTgid:\tx\n".utf8))
        }
        #expect(error?.file == "status")
        #expect(error?.offset == 14)
    }

    @Test func statusOfThisProcessIsParsed() throws {
        let status = try ProcessStatus(parsing: try procFile("self/status"))
        #expect(status.user == geteuid())
        #expect(status.namespacePIDs.last == UInt32(getpid()))
        #expect(status.seccomp != nil)
        #expect(status.bounding != nil)
    }

    @Test func damagedTextDoesNotCrash() {
        var refused = 0
        for bytes in damaged(Array(Self.text.utf8)) {
            do { _ = try ProcessStatus(parsing: bytes) } catch { refused += 1 }
        }
        #expect(refused > 500)
    }
}
