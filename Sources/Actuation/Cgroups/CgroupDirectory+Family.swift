import CgroupModel
import KernelIO

extension CgroupDirectory {
    /// Returns the text of a file; nil if it cannot be read.
    func textIfAny(_ name: String, _ files: any ControlFiles) -> String? {
        try? files.text(name, of: self)
    }

    /// Returns a number of bytes in use; nil if the cgroup does not have the file.
    ///
    /// Throws if it cannot be read: with unknown usage, a lower limit could cause an OOM kill.
    func usage(_ name: String, _ files: any ControlFiles) throws(ActuationError) -> UInt64? {
        do throws(IOError) {
            return UInt64(try files.text(name, of: self))
        } catch {
            if error.isMissing { return nil }
            throw ActuationError(error, on: self)
        }
    }

    /// The current period of its v1 quota in microseconds; nil if it has none.
    package var quotaPeriod: UInt64? {
        textIfAny("cpu.cfs_period_us", KernelControlFiles()).flatMap { UInt64($0) }
    }

    /// The child cgroups that can be opened; each is opened when the iteration reaches it.
    var visibleChildren: some Sequence<CgroupDirectory> {
        ((try? childPaths()) ?? []).lazy.compactMap { [hierarchy] path in
            try? CgroupDirectory(path, in: hierarchy)
        }
    }

    /// The parent cgroup; nil for the root.
    var enclosing: CgroupDirectory? {
        path.parent.flatMap { try? CgroupDirectory($0, in: hierarchy) }
    }
}
