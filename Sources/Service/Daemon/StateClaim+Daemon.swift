import CgroupModel
import Enforcement
import KernelIO
import Reports

extension StateClaim {
    /// Takes the claim for a daemon; throws an error that names the obstacle.
    static func forDaemon(_ directory: String) throws -> StateClaim {
        do throws(IOError) {
            return try take(directory)
        } catch {
            guard error.isTryAgain else {
                throw CgwardenError(
                    "cannot use \(directory): \(error); choose another --state-dir",
                    error.isPermission ? .noPermission : .ioError)
            }
            // Optional.map needs a copyable value.
            let process =
                if let holder = holder(of: directory) { " (process \(holder.pid))" } else { "" }
            throw CgwardenError(
                "another daemon\(process) uses "
                    + "\(directory); stop it first, or give this one another --state-dir and "
                    + "a policy for other cgroups", .temporaryFailure)
        }
    }
}
