import Hierarchy
import KernelIO
import TestSupport
import Testing

/// The interface files of the running kernel against `Tests/KernelCoverage.md`.
@Suite(.enabled(if: RealCgroups.usable, "\(RealCgroups.reason)"))
struct KernelCoverageTests {
    /// A new cgroup has what every cgroup but the root has; in a guest all controllers are enabled.
    @Test func everyInterfaceFileOfThisKernelIsListed() throws {
        let table = try CoverageTable()
        let scratch = try ScratchHierarchy()
        try scratch.make("child")
        let version = KernelVersion.running
        var seen = 0
        for hierarchy in scratch.set.hierarchies {
            for directory in [
                hierarchy.directory, scratch.directory(hierarchy, Array("child".utf8)),
            ] {
                let listing = try OwnedDescriptor.directory(directory).entries(path: "")
                for entry in listing where !entry.isDirectory {
                    let name = entry.name.pathText
                    let row = table.row(name, isUnified: hierarchy.version == .unified)
                    #expect(row != nil, "\(name) of \(directory.pathText) is not listed")
                    #expect(
                        row?.kernels["\(version)"] != false, "\(name) is not listed for \(version)")
                    seen += 1
                }
            }
        }
        #expect(seen > 30)
    }
}
