internal import CgroupModel
internal import Hierarchy
internal import KernelIO

extension CgroupDirectory {
    /// Opens the directory; the error names the cgroup and advises what to do.
    convenience init(
        opening path: CgroupPath, in hierarchy: MountedHierarchy
    ) throws(ActuationError) {
        do throws(IOError) {
            try self.init(path, in: hierarchy)
        } catch {
            throw ActuationError(error, on: path, in: hierarchy.label)
        }
    }

    /// Performs a system call on the cgroup; the error names the cgroup and advises what to do.
    func reporting<Result: ~Copyable>(
        _ body: () throws(IOError) -> Result
    ) throws(ActuationError) -> Result {
        do throws(IOError) {
            return try body()
        } catch {
            throw ActuationError(error, on: self)
        }
    }

    /// Throws if the path no longer refers to this cgroup, or if that is unknown.
    ///
    /// `advice` ends the message about a removed cgroup.
    package func checkCurrent(advice: String = "") throws(ActuationError) {
        guard try reporting(isCurrent) else {
            throw ActuationError(.notFound, "\(path) was removed in the meantime\(advice)")
        }
    }
}

extension ControlFiles {
    /// Reads the text of a file; the error names the cgroup and advises what to do.
    func read(_ name: String, of directory: CgroupDirectory) throws(ActuationError) -> String {
        try directory.reporting { () throws(IOError) in try text(name, of: directory) }
    }

    /// Writes a value; the error names the cgroup and advises what to do.
    func put(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(ActuationError) {
        try directory.reporting { () throws(IOError) in
            try write(value, to: name, of: directory)
        }
    }
}

extension ActuationError {
    /// Creates an error that names the cgroup of a failed system call and advises what to do.
    init(_ error: IOError, on directory: CgroupDirectory) {
        self.init(error, on: directory.path, in: directory.hierarchy.label)
    }

    init(_ error: IOError, on path: CgroupPath, in tree: String) {
        let place = "\(error) (cgroup \(path), hierarchy \(tree))"
        let (code, advice): (Code, String) =
            if error.isReadOnly {
                (.unavailable, "the cgroup file system is mounted read-only")
            } else if error.isCovered {
                (.refused, "unmount what covers it, or use another mount")
            } else if error.isPermission {
                (.notPermitted, "run as root, or in a cgroup delegated to you")
            } else if error.isGone {
                (.notFound, "the cgroup was removed, or lacks that file")
            } else if error.isTimedOut {
                (.busy, "the kernel did not accept it in time; try again")
            } else if error.isBusy || error.isTryAgain {
                (.busy, "a resource is in use; try again")
            } else if error.isUnsupported {
                (.unavailable, "not supported by this kernel or device")
            } else if error.isNoSpace {
                (.failed, "its processes would have no CPU or memory node left")
            } else if error.isInvalid || error.isOutOfRange {
                (.failed, "the kernel rejects that value here")
            } else {
                (.failed, "see `dmesg` for details")
            }
        self.init(code, "\(place); \(advice)")
        errno = error.errno
    }
}
