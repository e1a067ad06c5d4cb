internal import CgroupModel
internal import KernelIO

extension HierarchySet {
    /// Whether the I/O controller is on v1 and the true root of its hierarchy is visible.
    ///
    /// The true root has a line for each disk on which I/O is counted; the root in a container does
    /// not.
    package var seesLegacyIORoot: Bool {
        // Only the true root of a v1 hierarchy has this file.
        legacyIODirectory.map { LogFile.exists(($0 + Array("/release_agent".utf8)).pathText) }
            ?? false
    }

    /// Whether the kernel counts the I/O of cgroups on any disk.
    ///
    /// v1 starts counting on a disk when a cgroup first gets an I/O limit on it
    /// (`blkio.throttle.io_service_bytes`). True on v2, and if unknown.
    package var countsIO: Bool {
        guard seesLegacyIORoot, let directory = legacyIODirectory,
            let bytes = try? ReadBuffer.contents(
                of: directory + Array("/blkio.throttle.io_service_bytes".utf8))
        else { return true }
        return bytes.lines.contains {
            $0.first?.isDigit == true
        }
    }

    private var legacyIODirectory: [UInt8]? { legacy(.io).map { hierarchies[$0].directory } }
}
