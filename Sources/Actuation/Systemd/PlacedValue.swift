internal import Hierarchy

/// A value for an interface file of a cgroup.
package struct PlacedValue: Sendable {
    /// The file and the text.
    package let value: FileValue
    /// The cgroup in the file's hierarchy.
    package let directory: CgroupDirectory

    /// Creates a value for a cgroup.
    package init(_ value: FileValue, in directory: CgroupDirectory) {
        self.value = value
        self.directory = directory
    }
}

extension [PlacedValue] {
    /// The values grouped by directory, in order; v1 has one directory per controller.
    var byDirectory: [(directory: CgroupDirectory, values: [FileValue])] {
        var result: [(directory: CgroupDirectory, values: [FileValue])] = []
        for one in self {
            let known = result.firstIndex {
                $0.directory.inode == one.directory.inode
                    && $0.directory.hierarchy.label == one.directory.hierarchy.label
            }
            if let known {
                result[known].values.append(one.value)
            } else {
                result.append((one.directory, [one.value]))
            }
        }
        return result
    }
}
