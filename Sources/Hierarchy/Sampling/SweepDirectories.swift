internal import KernelIO

/// Opens the directories of cgroups below the roots of the hierarchies.
///
/// The latest directory stays open, because the files of a cgroup in a hierarchy follow one
/// another.
struct SweepDirectories: ~Copyable {
    private let hierarchies: [MountedHierarchy]
    /// The descriptor of each hierarchy's root; -1 if it is not open.
    private var roots: [Int32]
    /// The descriptor of the latest directory, or a vacancy.
    private var latest: Int32 = -1
    /// The hierarchy of the latest directory; -1 for none.
    private var hierarchy = -1

    init(_ hierarchies: [MountedHierarchy]) {
        self.hierarchies = hierarchies
        roots = hierarchies.map { _ in -1 }
    }

    /// Opens the roots that are not open.
    mutating func openRoots() {
        for index in roots.indices where roots[index] < 0 {
            roots[index] = DescriptorTable.openRoot(hierarchies[index].directory)
        }
    }

    /// Closes the roots.
    mutating func closeRoots() {
        for index in roots.indices where roots[index] >= 0 {
            DescriptorTable.release(roots[index])
            roots[index] = -1
        }
    }

    /// Returns a descriptor of a cgroup's directory, or a vacancy.
    ///
    /// The caller must call ``closeDirectory()`` before it opens that of another cgroup.
    mutating func open(
        _ cgroup: ShardRow, in hierarchy: Int, _ table: inout DescriptorTable
    ) -> Int32 {
        if self.hierarchy != hierarchy {
            closeDirectory()
            self.hierarchy = hierarchy
            latest = table.openDirectory(
                cgroup.path, under: roots[hierarchy], inode: cgroup.inodes[hierarchy])
        }
        return latest
    }

    /// Closes the latest directory.
    mutating func closeDirectory() {
        if latest >= 0 { DescriptorTable.release(latest) }
        latest = -1
        hierarchy = -1
    }

    /// Whether a cgroup's directory exists; true if that is unknown.
    func exists(
        _ cgroup: ShardRow, in hierarchy: Int, _ table: inout DescriptorTable
    ) -> Bool {
        let directory = table.openDirectory(
            cgroup.path, under: roots[hierarchy], inode: cgroup.inodes[hierarchy])
        if directory >= 0 { DescriptorTable.release(directory) }
        return directory != DescriptorTable.Vacancy.absent
    }
}
