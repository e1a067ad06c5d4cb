package import Actuation
package import CgroupModel
package import KernelIO
package import Policy
internal import PolicyLanguage

/// Interface files that show the requested values of other cgroups.
///
/// They serve to plan one of several cgroups that change together. Only CPU and node lists are
/// replaced, because only they depend on those of parent and children.
package struct WishedFiles: SystemdRouting {
    private var files: any ControlFiles
    private let wishes: [CgroupPath: [String: String]]

    /// Uses the current files and the requested values of each cgroup.
    package init(_ files: any ControlFiles, wishes: [CgroupPath: [LimitAssignment]]) {
        self.files = files
        self.wishes = wishes.mapValues { assignments in
            var texts: [String: String] = [:]
            for assignment in assignments where assignment.key.name.hasPrefix("cpuset.") {
                guard case .text(let text) = assignment.value else { continue }
                let kind = assignment.key.name.dropFirst("cpuset.".count)
                texts[assignment.key.name] = text
                texts["cpuset.effective_\(kind)"] = text
                texts["\(assignment.key.name).effective"] = text
            }
            return texts
        }
    }

    /// The same requested values over files with that access.
    package var ofKubelet: any ControlFiles {
        var wished = self
        wished.files = files.ofKubelet
        return wished
    }

    /// The underlying files' access through systemd.
    package var throughSystemd: OwnerAwareFiles? { files.systemd }

    /// Returns the requested text, or the current one.
    package func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        if let wished = wishes[directory.path]?[name] { return wished }
        return try files.text(name, of: directory)
    }

    /// Writes to the underlying file.
    package func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try files.write(value, to: name, of: directory)
    }
}
