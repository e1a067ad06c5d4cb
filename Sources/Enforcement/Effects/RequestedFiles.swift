package import Actuation
package import CgroupModel
package import KernelIO
package import Policy
internal import PolicyLanguage

/// Interface files that show the requested values of other cgroups.
///
/// They are used to plan one of several cgroups that change together. Only CPU and node lists are
/// replaced, because only these depend on parent and children.
package struct RequestedFiles: ControlFiles {
    private let files: any ControlFiles
    private var requested: [CgroupPath: [String: String]]
    /// The cgroup whose entry in ``requested`` is replaced, with the new values.
    private var replaced: (path: CgroupPath, texts: [String: String])?

    /// Uses the current files and the requested values of each cgroup.
    package init(_ files: any ControlFiles, requested: [CgroupPath: [LimitAssignment]]) {
        self.files = files
        self.requested = requested.mapValues(Self.texts)
    }

    private static func texts(_ assignments: [LimitAssignment]) -> [String: String] {
        var texts: [String: String] = [:]
        for assignment in assignments where assignment.key.name.hasPrefix("cpuset.") {
            guard case .text(let text) = assignment.value else { continue }
            let name = assignment.key.name
            texts[name] = text
            for isUnified in [false, true] {
                guard let file = CpusetFile.effective(name, isUnified: isUnified) else { continue }
                texts[file] = text
            }
        }
        return texts
    }

    /// Changes the requested values of one cgroup.
    mutating func replace(_ path: CgroupPath, _ assignments: [LimitAssignment]) {
        requested[path] = Self.texts(assignments)
    }

    /// Returns the same files with other requested values of one cgroup, without copying the rest.
    func replacing(_ path: CgroupPath, _ assignments: [LimitAssignment]) -> RequestedFiles {
        var files = self
        files.replaced = (path, Self.texts(assignments))
        return files
    }

    /// Returns the requested text, or the current one.
    package func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        let wanted =
            replaced?.path == directory.path
            ? replaced?.texts[name] : requested[directory.path]?[name]
        if let wanted { return wanted }
        return try files.text(name, of: directory)
    }

    /// Writes to the underlying file.
    package func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try files.write(value, to: name, of: directory)
    }
}
