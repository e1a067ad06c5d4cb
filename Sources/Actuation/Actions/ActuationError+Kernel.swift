internal import CgroupModel
internal import Hierarchy
internal import KernelIO

extension ActuationError {
    /// Says which cgroup a failed system call was about, and what to do.
    init(_ error: IOError, on directory: CgroupDirectory) {
        self.init(error, on: directory.path, in: directory.hierarchy.label)
    }

    init(_ error: IOError, on path: CgroupPath, in tree: String) {
        let place = "\(error) (cgroup \(path), hierarchy \(tree))"
        if error.isReadOnly {
            self.init(.unavailable, "\(place); cgroups are mounted read-only here")
        } else if error.isPermission {
            self.init(.notPermitted, "\(place); run as root, or in a cgroup delegated to you")
        } else if error.isGone {
            self.init(.notFound, "\(place); the cgroup was removed, or lacks that file")
        } else if error.isTimedOut {
            self.init(.busy, "\(place); the kernel did not take it in time, try again")
        } else if error.isBusy {
            self.init(.busy, "\(place); something in use stands in the way, try again")
        } else {
            self.init(.failed, "\(place)")
        }
    }
}
