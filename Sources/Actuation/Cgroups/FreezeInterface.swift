internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The v1 or v2 files that freeze a cgroup.
struct FreezeInterface {
    let version: MountedHierarchy.Version

    private static let frozen = ControlCell("cgroup.events", line: "frozen")

    /// The file to write.
    var file: String { version == .unified ? "cgroup.freeze" : "freezer.state" }
    var frozenValue: String { version == .unified ? "1" : "FROZEN" }
    var thawedValue: String { version == .unified ? "0" : "THAWED" }

    /// The file that shows a freeze request of the cgroup itself, not of an ancestor.
    var requestFile: String { version == .unified ? "cgroup.freeze" : "freezer.self_freezing" }
    /// The file that shows whether the whole cgroup is frozen.
    ///
    /// On v1, a read makes the kernel update the state.
    var stateFile: String { version == .unified ? "cgroup.events" : "freezer.state" }

    func isRequested(_ read: (String) throws(IOError) -> String) throws(IOError) -> Bool {
        try read(requestFile) == "1"
    }

    func isFrozen(_ read: (String) throws(IOError) -> String) throws(IOError) -> Bool {
        let state = try read(stateFile)
        return version == .unified ? Self.frozen.value(in: state) == "1" : state == "FROZEN"
    }

    /// Returns the interface of a hierarchy, or nil if the hierarchy cannot freeze.
    static func of(_ hierarchy: MountedHierarchy) -> FreezeInterface? {
        let freezes =
            hierarchy.version == .unified || hierarchy.controllers.contains(.freezer)
        return freezes ? FreezeInterface(version: hierarchy.version) : nil
    }

    /// Returns the cgroup's path if its own freeze is requested; nil if not, or if it was removed.
    func request(
        _ directory: CgroupDirectory, _ files: any ControlFiles = KernelControlFiles()
    ) throws(ActuationError) -> CgroupPath? {
        do throws(IOError) {
            let isRequested = try isRequested { name throws(IOError) in
                try files.text(name, of: directory)
            }
            return isRequested ? directory.path : nil
        } catch {
            if error.isGone { return nil }
            throw ActuationError(error, on: directory)
        }
    }

    /// Returns the cgroup and those of its ancestors whose own freeze is requested, nearest first.
    ///
    /// Each of them keeps the cgroup frozen.
    func holders(
        of directory: CgroupDirectory, _ files: any ControlFiles = KernelControlFiles()
    ) throws(ActuationError) -> [CgroupPath] {
        var holders: [CgroupPath] = []
        var next: CgroupDirectory? = directory
        while let cgroup = next, let above = cgroup.path.parent {
            if let path = try request(cgroup, files) { holders.append(path) }
            next = try cgroup.reporting { () throws(IOError) in
                try .existing(above, in: cgroup.hierarchy)
            }
        }
        return holders
    }

    /// Returns the nearest ancestor whose freeze request keeps the cgroup frozen.
    func ancestor(
        freezing directory: CgroupDirectory, _ files: any ControlFiles
    ) throws(ActuationError) -> CgroupPath? {
        try holders(of: directory, files).first { $0 != directory.path }
    }

    /// Whether no part of the cgroup is frozen or freezing.
    func isThawed(_ read: (String) throws(IOError) -> String) throws(IOError) -> Bool {
        let state = try read(stateFile)
        return version == .unified ? Self.frozen.value(in: state) == "0" : state == "THAWED"
    }
}

extension FreezeInterface {
    /// Checks whether a freezing cgroup is completely frozen; `check` counts the checks from 1.
    ///
    /// v1 misses a process that forks during the request. The request is therefore repeated, with a
    /// short thaw every fourth time if `mayThaw`, so that an interrupted fork can complete.
    func checkFrozen(
        _ check: Int, mayThaw: Bool = true, read: (String) throws(IOError) -> String,
        write: (String) throws(IOError) -> Void
    ) throws(IOError) -> Bool {
        if try isFrozen(read) { return true }
        guard version == .legacy, check > 2 else { return false }
        if mayThaw, check % 4 == 0 {
            try write(thawedValue)
            Pause.sleep(.milliseconds(2))
        }
        try write(frozenValue)
        return try isFrozen(read)
    }

    /// Waits until a freezing cgroup is completely frozen; false on timeout.
    func settle(
        _ directory: CgroupDirectory, files: any ControlFiles, within time: Duration
    ) throws(IOError) -> Bool {
        var checks = 0
        return try Deadline(after: time).wait { () throws(IOError) in
            checks += 1
            return try checkFrozen(
                checks,
                read: { name throws(IOError) in try files.text(name, of: directory) },
                write: { value throws(IOError) in try files.write(value, to: file, of: directory) })
        }
    }
}
