internal import CgroupModel
package import KernelIO

/// The exclusive claim on a state directory, whose owner acts as the daemon.
///
/// Two daemons would consider each other's limits foreign, and the death of one would undo the
/// other's. A guardian takes over the claim of its dead daemon, so that the next daemon waits until
/// it is done.
package final class StateClaim: Sendable {
    /// The process name of the guardian.
    package static let guardianName = "cgwarden-guard"
    private static let patienceWithGuardian = Duration.seconds(15)
    private static let patienceWithDeath = Duration.seconds(1)
    private let lock: AppendedFile

    private init(_ lock: consuming AppendedFile) { self.lock = lock }

    /// Takes the claim; EAGAIN if another daemon has it or a guardian does not finish within 15 s.
    package static func take(_ directory: String) throws(IOError) -> StateClaim {
        let deadline = Deadline(after: patienceWithGuardian)
        while true {
            if let claim = try claimUnlessTaken(directory) { return claim }
            var isDaemons = false
            if let holder = holder(of: directory) { isDaemons = !holder.isGuardian }
            guard !isDaemons, !deadline.hasPassed else {
                throw IOError("lock", path(directory), .tryAgain)
            }
        }
    }

    /// Takes the claim; nil if another process still has it after a fifth of a second.
    static func claimUnlessTaken(_ directory: String) throws(IOError) -> StateClaim? {
        do throws(IOError) {
            return StateClaim(try AppendedFile(path(directory)))
        } catch {
            if error.isTryAgain { return nil }
            throw error
        }
    }

    /// What a guardian finds once its daemon is dead.
    enum Inheritance {
        /// The claim is the guardian's; nil if it cannot be taken, though nobody else has it.
        case own(StateClaim?)
        /// Another daemon has it, and settles what is left.
        case others
    }

    /// Takes the claim over from a dead daemon.
    ///
    /// The kernel closes the descriptors of a killed process one after another. On a busy machine
    /// the lock may therefore outlast the pipe, whose end told of the death; such a lock is no
    /// daemon's.
    static func inherited(_ directory: String, from daemon: Int32?) -> Inheritance {
        let deadline = Deadline(after: patienceWithDeath)
        repeat {
            do throws(IOError) {
                if let claim = try claimUnlessTaken(directory) { return .own(claim) }
            } catch {
                return .own(nil)
            }
            if let holder = holder(of: directory), holder.pid != daemon { return .others }
        } while !deadline.hasPassed
        return .own(nil)
    }

    /// Returns the process that has the claim; nil if it is free.
    package static func holder(of directory: String) -> LockHolder? {
        LockHolder(of: path(directory))
    }

    /// Whether any process has the claim.
    package static func isHeld(_ directory: String) -> Bool {
        if let holder = holder(of: directory) { holder.pid > 0 } else { false }
    }

    private static func path(_ directory: String) -> String { "\(directory)/daemon.lock" }
}

extension LockHolder {
    /// Whether it is a daemon's guardian.
    fileprivate var isGuardian: Bool { name == StateClaim.guardianName }
}
