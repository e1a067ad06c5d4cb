import Glibc
import KernelIO
import Testing

@testable import Events

/// Anybody may name a process `cgwarden`.
@Suite struct WriterTests {
    @Test(
        arguments: [
            ("cgwarden", 0, true), ("cgwarden", geteuid(), true), ("cgwarden", 4711, false),
            ("bash", 0, false),
        ] as [(String, UInt32, Bool)])
    func onlyOnesOwnProcessesMayBeCgwarden(comm: String, user: UInt32, isOne: Bool) {
        let writer = Writer(pid: 99_999_999, comm: Array(comm.utf8), user: user, cgroup: nil)
        #expect(writer.mayActForCgwarden == isOne)
    }
}
