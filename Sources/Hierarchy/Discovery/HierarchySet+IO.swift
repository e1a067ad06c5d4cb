internal import CgroupModel
internal import KernelIO

extension HierarchySet {
    /// Whether I/O is counted by v1 and the true root of its tree is visible, which has a line of
    /// each disk that is counted at all; a container's root tells nothing.
    package var seesLegacyIORoot: Bool {
        // Only the root of a tree of v1 has this file.
        legacyIODirectory.map { LogFile.exists(($0 + Array("/release_agent".utf8)).pathText) }
            ?? false
    }

    /// Whether I/O of cgroups is counted on some disk.
    ///
    /// v1 begins to count on a disk when some cgroup gets an I/O limit on it
    /// (`blkio.throttle.io_service_bytes`). True on v2, and where that cannot be told.
    package var countsIO: Bool {
        guard seesLegacyIORoot, let directory = legacyIODirectory,
            let bytes = try? ReadBuffer.contents(
                of: directory + Array("/blkio.throttle.io_service_bytes".utf8))
        else { return true }
        return bytes.split(separator: 0x0a).contains { (0x30...0x39).contains($0.first ?? 0) }
    }

    private var legacyIODirectory: [UInt8]? { legacy(.io).map { hierarchies[$0].directory } }
}
