import KernelIO

/// That this daemon alone works with a state directory, for as long as it lives.
///
/// Two of them would take each other's limits for foreign ones, and the death of one would undo
/// what the other has set.
final class StateClaim: Sendable {
    private let lock: AppendedFile

    init(_ directory: String) throws {
        do throws(IOError) {
            lock = try AppendedFile("\(directory)/daemon.lock")
        } catch {
            guard error.isTryAgain else {
                throw CgwardenError(
                    "nothing can be kept in \(directory): \(error); choose another --state-dir",
                    error.isPermission ? .noPermission : .ioError)
            }
            throw CgwardenError(
                "another daemon works with \(directory); stop it first, or choose another "
                    + "--state-dir", .temporaryFailure)
        }
    }
}
