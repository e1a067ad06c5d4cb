import CgroupModel
import KernelIO

extension CgroupDirectory {
    /// Returns the text of a file; nil if it cannot be read.
    func textIfAny(_ name: String, _ files: any ControlFiles) -> String? {
        try? files.text(name, of: self)
    }

    /// The child cgroups that can be opened.
    var visibleChildren: [CgroupDirectory] {
        guard let opened = try? descriptor.reopened(),
            let entries = try? opened.entries(path: path.description)
        else { return [] }
        return entries.filter(\.isDirectory).compactMap {
            try? CgroupDirectory(path.child($0.name), in: hierarchy)
        }
    }

    /// The parent cgroup; nil for the root.
    var enclosing: CgroupDirectory? {
        path.parent.flatMap { try? CgroupDirectory($0, in: hierarchy) }
    }
}
