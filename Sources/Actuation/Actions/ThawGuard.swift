internal import Hierarchy
internal import KernelIO

/// Starts the small process that thaws a cgroup at the deadline, whatever becomes of its caller.
public struct ThawGuard: Sendable {
    private let program: String
    private let arguments: [String]

    /// The guard is this program itself under a command that is not for people.
    public static let own = ThawGuard(program: "/proc/self/exe")

    /// The guard is a cgwarden at a path.
    public init(program: String) {
        self.program = program
        arguments = ["cgwarden", "thaw-later"]
    }

    /// A guard that watches; letting go of it tells it that the freezing is done.
    struct Watch: ~Copyable {
        private let process: DetachedProcess

        init(_ process: consuming DetachedProcess) { self.process = process }
    }

    /// Starts it, and returns when it watches.
    func watch(
        _ directory: CgroupDirectory, timeout: Duration, journal: UndoJournal? = nil
    ) throws(ActuationError) -> Watch {
        let milliseconds =
            timeout.components.seconds * 1000
            + timeout.components.attoseconds / 1_000_000_000_000_000
        var words = arguments
        words += ["--milliseconds", "\(milliseconds)"]
        words += ["--interface", directory.hierarchy.version == .unified ? "v2" : "v1"]
        if let journal { words += ["--journal", journal.directory] }
        let process: DetachedProcess
        do throws(IOError) {
            process = try DetachedProcess.start(program, words, directory: directory.descriptor)
        } catch {
            throw ActuationError(
                .failed, "cannot freeze \(directory.path) safely, without a helper: \(error)")
        }
        let answer = process.firstLine(before: Deadline(after: .seconds(10)))
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
