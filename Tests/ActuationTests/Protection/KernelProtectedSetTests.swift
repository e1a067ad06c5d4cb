import CgroupModel
import Foundation
import Glibc
import Hierarchy
import TestSupport
import Testing

@testable import Actuation

/// Protection by the real `/proc`, in a guest, because the test needs a set-user-ID program.
@Suite(.serialized, .enabled(if: Kernel.isGuest)) struct KernelProtectedSetTests {
    @Test(arguments: [HelperName.undo.rawValue, "containerd", "sshd"])
    func setUserIDProgramWithAProtectedNameDoesNotProtect(_ name: String) throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let folder = try ScratchFolder()
        let program = folder.path("program")
        try FileManager.default.copyItem(atPath: "/usr/bin/flock", toPath: program)
        try #require(unsafe chmod(program, 0o4755) == 0)
        try folder.link(name, to: "program")
        try folder.write("lock", "")
        let pid = try scratch.run(
            "exec setpriv --reuid 65534 --regid 65534 --clear-groups "
                + "\(folder.path(name)) \(folder.path("lock")) sleep 300")
        let reader = ProcessReader(.live)
        #expect(eventually { reader.stat(pid)?.name == name && reader.user(of: pid) == 0 })
        #expect(ProtectedSet(set).refusal(of: .freeze, on: scratch.path) == nil)
    }
}
