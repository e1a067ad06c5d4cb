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

    /// Whether nothing of it is frozen or about to be.
    func isThawed(_ read: (String) throws(IOError) -> String) throws(IOError) -> Bool {
        let state = try read(stateFile)
        return version == .unified
            ? state.split(separator: "\n").contains("frozen 0") : state == "THAWED"
    }
}
