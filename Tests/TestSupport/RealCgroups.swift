import CgroupModel
import Foundation
import Glibc
package import Hierarchy

/// The hierarchies of this host, for tests on a real kernel.
///
/// `CGWARDEN_REQUIRE_CGROUPS` names the mode that a test guest was booted with: there a test must
/// not be skipped for want of what the mode has.
package enum RealCgroups {
    /// The trees of this machine, nil if there are none.
    package static let set = try? HierarchySet.discover()

    /// Why a test on any real tree is skipped.
    package static let reason: String = "needs root and a mounted cgroup tree"
    /// Why a test on v1 is skipped.
    package static let legacyReason: String = "needs root and v1 memory, cpu and pids"
    /// Why a test on v2 is skipped.
    package static let unifiedReason: String = "needs root and v2 with the memory controller"

    /// Whether cgroups can be made at all.
    package static let usable = required != nil || (geteuid() == 0 && set != nil)

    /// Whether the usual controllers are on v1.
    package static let hasLegacy =
        ["v1", "hybrid"].contains(required)
        || (usable && [.memory, .cpu, .pids].allSatisfy { set?.legacy($0) != nil })

    /// Whether the memory controller is on v2.
    package static let hasUnified =
        required == "v2"
        || (usable && unified?.controllers.contains(.memory) == true)

    /// The mode that has to be there, nil outside of test guests.
    package static let required = ProcessInfo.processInfo.environment["CGWARDEN_REQUIRE_CGROUPS"]

    private static let unified = set.flatMap { set in set.unified.map { set.hierarchies[$0] } }
}
