internal import CgroupModel
package import KernelIO

/// The exclusive claim on a state directory, whose owner acts as the daemon.
///
/// Two daemons would treat each other's limits as drift, and the death of one would undo the
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

    /// The result of taking over the claim of a dead daemon.
    enum Inheritance {
        /// The guardian may act; the claim is nil if it cannot be taken, although no other daemon
        /// has it.
        case own(StateClaim?)
        /// Another daemon has the claim, and cleans up itself.
        case others
    }

    /// Takes the claim over from a dead daemon.
    ///
    /// The kernel closes the descriptors of a killed process one after another. On a busy host the
    /// dead daemon's lock may therefore be held for a moment after its pipe has closed.
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
