public import Actuation
public import CgroupModel
public import KernelIO
public import Policy

/// Interface files as they will be when other cgroups have what is wished for them, so that one
/// cgroup of several that change together can be planned.
///
/// Only lists of CPUs and nodes are shown so: they alone depend on those of parent and children.
public struct WishedFiles: ControlFiles {
    private var files: any ControlFiles
    private let wishes: [CgroupPath: [String: String]]

    /// Takes the files as they are, and what is wished for by cgroup.
    public init(_ files: any ControlFiles, wishes: [CgroupPath: [LimitAssignment]]) {
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

    /// The same wishes over those.
    public var ofKubelet: any ControlFiles {
        var wished = self
        wished.files = files.ofKubelet
        return wished
    }

    /// As the files are changed otherwise.
    public var systemd: OwnerAwareFiles? { files.systemd }

    /// The text as it will be.
    public func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        if let wished = wishes[directory.path]?[name] { return wished }
        return try files.text(name, of: directory)
    }

    /// Writes to the file itself.
    public func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try files.write(value, to: name, of: directory)
    }
}
