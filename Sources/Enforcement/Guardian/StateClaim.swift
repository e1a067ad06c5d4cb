public import KernelIO

/// The exclusive claim on a state directory: whoever has it acts for the daemon.
///
/// Two daemons would take each other's limits for foreign ones, and the death of one would undo
/// what the other has set. A guardian takes the claim of its dead daemon over, so that the next one
/// does not begin in the middle of its work.
public final class StateClaim: Sendable {
    /// The name of the guardian's process.
    public static let guardianName = "cgwarden-guard"
    private static let patienceWithGuardian = Duration.seconds(15)
    private let lock: AppendedFile

    private init(_ lock: consuming AppendedFile) { self.lock = lock }

    /// Takes the claim; EAGAIN if another daemon has it, or a guardian does not come to an end.
    public static func take(_ directory: String) throws(IOError) -> StateClaim {
        let deadline = Deadline(after: patienceWithGuardian)
        while true {
            if let claim = try claimUnlessTaken(directory) { return claim }
            var isDaemons = false
            if let holder = holder(of: directory) { isDaemons = !holder.isGuardian }
            guard !isDaemons, !deadline.hasPassed else {
                throw IOError("lock", path(directory), code: IOError.tryAgainCode)
            }
        }
    }

    /// Takes the claim; nil if someone has it, a fifth of a second later.
    static func claimUnlessTaken(_ directory: String) throws(IOError) -> StateClaim? {
        do throws(IOError) {
            return StateClaim(try AppendedFile(path(directory)))
        } catch {
            if error.isTryAgain { return nil }
            throw error
        }
    }

    /// The process that has the claim, nil if nobody has.
    public static func holder(of directory: String) -> LockHolder? {
        LockHolder(of: path(directory))
    }

    /// Whether anyone has the claim.
    public static func isHeld(_ directory: String) -> Bool {
        if let holder = holder(of: directory) { holder.pid > 0 } else { false }
    }

    private static func path(_ directory: String) -> String { "\(directory)/daemon.lock" }
}

extension LockHolder {
    /// Whether it is a daemon's guardian at work.
    fileprivate var isGuardian: Bool { name == StateClaim.guardianName }
}
