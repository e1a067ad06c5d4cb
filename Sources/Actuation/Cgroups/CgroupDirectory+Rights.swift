internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Checks permissions for a dry run, without changing anything.
extension CgroupDirectory {
    /// Throws if this process may not write to an interface file; the file may be missing.
    func checkWritable(_ name: String) throws(ActuationError) {
        try reporting { () throws(IOError) in
            do throws(IOError) {
                try ControlFile.checkWritable(hierarchy.fileName(name), in: descriptor)
            } catch {
                guard error.isMissing else { throw error }
            }
        }
    }

    /// Throws if this process may not create or remove child cgroups here.
    func checkChildrenChangeable(_ verb: String, _ child: CgroupPath) throws(ActuationError) {
        guard !descriptor.isWritable(".") else { return }
        throw ActuationError(
            IOError(verb, child.name, .accessDenied), on: path, in: hierarchy.label)
    }
}
