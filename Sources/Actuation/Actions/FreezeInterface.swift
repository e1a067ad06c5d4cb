internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The files that freeze a cgroup, of v1 or of v2.
struct FreezeInterface {
    let version: MountedHierarchy.Version

    /// The file that is written.
    var file: String { version == .unified ? "cgroup.freeze" : "freezer.state" }
    var frozenValue: String { version == .unified ? "1" : "FROZEN" }
    var thawedValue: String { version == .unified ? "0" : "THAWED" }

    /// The file that tells whether the cgroup itself was asked to be frozen, not an ancestor.
    var requestFile: String { version == .unified ? "cgroup.freeze" : "freezer.self_freezing" }
    /// The file that tells whether all of it stands still; on v1 the kernel finds out on reading.
    var stateFile: String { version == .unified ? "cgroup.events" : "freezer.state" }

    func isRequested(_ read: (String) throws(IOError) -> String) throws(IOError) -> Bool {
        try read(requestFile) == "1"
    }

    func isFrozen(_ read: (String) throws(IOError) -> String) throws(IOError) -> Bool {
        let state = try read(stateFile)
        return version == .unified
            ? state.split(separator: "\n").contains("frozen 1") : state == "FROZEN"
    }

    /// The interface of a tree; nil if that freezes nothing.
    static func of(_ hierarchy: MountedHierarchy) -> FreezeInterface? {
        let freezes =
            hierarchy.version == .unified || hierarchy.controllers.contains(.freezer)
        return freezes ? FreezeInterface(version: hierarchy.version) : nil
    }

    /// The cgroup if it was asked to be frozen itself.
    func request(
        _ directory: CgroupDirectory, _ files: any ControlFiles = KernelControlFiles()
    ) -> CgroupPath? {
        directory.textIfAny(requestFile, files) == "1" ? directory.path : nil
    }

    /// Those that were asked to be frozen among a cgroup and its ancestors, from itself up; each
    /// keeps it so.
    func holders(
        of directory: CgroupDirectory, _ files: any ControlFiles = KernelControlFiles()
    ) -> [CgroupPath] {
        let above = sequence(first: directory) { $0.enclosing }.prefix { !$0.path.isRoot }
        return above.compactMap { request($0, files) }
    }

    /// The ancestor that was asked to be frozen, and keeps a cgroup so.
    func ancestor(freezing directory: CgroupDirectory, _ files: any ControlFiles) -> CgroupPath? {
        holders(of: directory, files).first { $0 != directory.path }
    }

    /// Whether nothing of it is frozen or about to be.
    func isThawed(_ read: (String) throws(IOError) -> String) throws(IOError) -> Bool {
        let state = try read(stateFile)
        return version == .unified
            ? state.split(separator: "\n").contains("frozen 0") : state == "THAWED"
    }
}

extension FreezeInterface {
    /// Looks whether all of a cgroup that was asked to freeze stands still; the `look`th time, from
    /// 1 on.
    ///
    /// v1 misses who was just forking when it was asked: one writes again, and now and then lets
    /// go for a moment, so that a parent can meet its child.
    func look(
        _ look: Int, mayLetGo: Bool = true, read: (String) throws(IOError) -> String,
        write: (String) throws(IOError) -> Void
    ) throws(IOError) -> Bool {
        if try isFrozen(read) { return true }
        guard version == .legacy, look > 2 else { return false }
        if mayLetGo, look % 4 == 0 {
            try write(thawedValue)
            Pause.sleep(.milliseconds(2))
        }
        try write(frozenValue)
        return try isFrozen(read)
    }

    /// Waits until all of a cgroup that was asked to freeze stands still; false if it never did.
    func settle(
        _ directory: CgroupDirectory, files: any ControlFiles, within time: Duration
    ) throws(IOError) -> Bool {
        var looks = 0
        return try Deadline(after: time).wait { () throws(IOError) in
            looks += 1
            return try look(
                looks,
                read: { name throws(IOError) in try files.text(name, of: directory) },
                write: { value throws(IOError) in try files.write(value, to: file, of: directory) })
        }
    }
}
