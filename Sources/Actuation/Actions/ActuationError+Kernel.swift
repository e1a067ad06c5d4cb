internal import CgroupModel
internal import Hierarchy
internal import KernelIO

extension ActuationError {
    /// Creates an error that names the cgroup of a failed system call and advises what to do.
    init(_ error: IOError, on directory: CgroupDirectory) {
        self.init(error, on: directory.path, in: directory.hierarchy.label)
    }

    init(_ error: IOError, on path: CgroupPath, in tree: String) {
        let place = "\(error) (cgroup \(path), hierarchy \(tree))"
        let (code, advice): (Code, String) =
            if error.isReadOnly {
                (.unavailable, "cgroups are mounted read-only here")
            } else if error.isCovered {
                (.refused, "unmount what is mounted there, or act through another mount")
            } else if error.isPermission {
                (.notPermitted, "run as root, or in a cgroup delegated to you")
            } else if error.isGone {
                (.notFound, "the cgroup was removed, or lacks that file")
            } else if error.isTimedOut {
                (.busy, "the kernel did not take it in time, try again")
            } else if error.isBusy || error.isTryAgain {
                (.busy, "something in use stands in the way, try again")
            } else if error.isUnsupported {
                (.unavailable, "this kernel, or that device, cannot do it")
            } else if error.isNoSpace {
                (.failed, "processes in it would have no CPU or memory node left")
            } else if error.isInvalid || error.isOutOfRange {
                (.failed, "the kernel does not take that value here")
            } else {
                (.failed, "`dmesg` may tell more")
            }
        self.init(code, "\(place); \(advice)")
        errno = error.errno
    }
}
