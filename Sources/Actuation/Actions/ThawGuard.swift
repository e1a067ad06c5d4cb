internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Sees to it that a cgroup is thawed at its deadline, whatever becomes of who froze it.
public struct ThawGuard: Sendable {
    private enum Means: Sendable {
        case helper(program: String, state: String?)
        case keeper(any ThawKeeping)
    }

    private let means: Means

    /// The guard is this program itself under a command that is not for people.
    ///
    /// Its lock is in a state directory, that of the journal if nil.
    public static func own(state: String? = nil) -> ThawGuard {
        ThawGuard(program: "/proc/self/exe", state: state)
    }

    /// The guard is a cgwarden at a path.
    public init(program: String, state: String? = nil) {
        self.init(means: .helper(program: program, state: state))
    }

    /// The guard is one that runs already, and keeps many deadlines.
    public init(_ keeper: any ThawKeeping) { self.init(means: .keeper(keeper)) }

    private init(means: Means) { self.means = means }

    /// The same with a state directory for one that has none.
    public func locking(in state: String?) -> ThawGuard {
        guard case .helper(let program, nil) = means else { return self }
        return ThawGuard(program: program, state: state)
    }

    /// A guard that watches; letting go of it tells it that the freezing is done.
    struct Watch: ~Copyable {
        private let process: DetachedProcess?

        init(_ process: consuming DetachedProcess?) { self.process = process }
    }

    /// Starts it, and returns when it watches.
    func watch(
        _ directory: CgroupDirectory, timeout: Duration, journal: UndoJournal? = nil
    ) throws(ActuationError) -> Watch {
        switch means {
        case .keeper(let keeper):
            keeper.thaw(inode: directory.inode, within: timeout)
            return Watch(nil)
        case .helper(let program, let state):
            guard let state = state ?? journal?.directory else {
                throw ActuationError(
                    .unavailable,
                    "cannot freeze \(directory.path) safely: there is no place for the lock of its "
                        + "helper; set XDG_RUNTIME_DIR, or CGWARDEN_STATE_DIRECTORY to a directory "
                        + "of your own")
            }
            return try start(program, state, directory, timeout, journal)
        }
    }

    /// Sees to a later deadline of what is frozen already; false if it cannot.
    func prolong(_ directory: CgroupDirectory, _ timeout: Duration) -> Bool {
        guard case .keeper(let keeper) = means else { return false }
        keeper.thaw(inode: directory.inode, within: timeout)
        return true
    }

    /// Waits until the helper that guarded a cgroup is gone, so that another can take its place.
    func waitUntilGone(_ directory: CgroupDirectory, journal: UndoJournal? = nil) {
        guard case .helper(_, let state) = means, let state = state ?? journal?.directory else {
            return
        }
        let lock = try? ThawLocks(in: state).take(directory.descriptor, within: .seconds(1))
        lock?.remove()
    }

    /// There is nothing to thaw any more.
    func forget(_ directory: CgroupDirectory) {
        if case .keeper(let keeper) = means { keeper.forget(inode: directory.inode) }
    }

    private func start(
        _ program: String, _ state: String, _ directory: CgroupDirectory, _ timeout: Duration,
        _ journal: UndoJournal?
    ) throws(ActuationError) -> Watch {
        var words = ["cgwarden", "thaw-later"]
        words += ["--milliseconds", "\(timeout.milliseconds)"]
        words += ["--interface", directory.hierarchy.version == .unified ? "v2" : "v1"]
        words += ["--state", state]
        if let journal { words += ["--journal", journal.directory] }
        let process: DetachedProcess
        do throws(IOError) {
            process = try DetachedProcess.start(program, words, directory: directory.descriptor)
        } catch {
            throw ActuationError(
                .failed, "cannot freeze \(directory.path) safely, without a helper: \(error)")
        }
        let answer = process.firstLine(before: Deadline(after: .seconds(30)))
        guard answer == Self.ready else {
            throw ActuationError(
                answer.isEmpty ? .failed : .busy,
                "cannot freeze \(directory.path) safely: the helper that thaws it "
                    + (answer.isEmpty ? "did not start" : "says: \(answer)"))
        }
        return Watch(process)
    }

    static let ready = "ready"
}

/// Thaws cgroups at their deadlines, in a process of its own that finds them in the undo journal.
public protocol ThawKeeping: Sendable {
    /// A cgroup with this inode, in the tree that freezes it, is to go on by then.
    func thaw(inode: UInt64, within time: Duration)
    /// It goes on already.
    func forget(inode: UInt64)
}
