internal import KernelIO

/// A small process that keeps a scope in being: systemd removes one as soon as it is empty, before
/// anyone could read what the command has used.
///
/// It ends when this value, or this process, is gone.
struct ScopeHolder: ~Copyable, Sendable {
    /// Its number.
    let pid: Int32
    private let process: DetachedProcess

    /// A shell, for it has next to no memory; if the kernel allows it, it is none of those that are
    /// killed when the scope runs out of memory.
    private static let script = "echo -1000 >/proc/self/oom_score_adj; echo $$; read end"

    private init(_ process: consuming DetachedProcess, pid: Int32) {
        self.process = process
        self.pid = pid
    }

    /// Starts it.
    static func start() throws(ActuationError) -> ScopeHolder {
        let process: DetachedProcess
        do throws(IOError) {
            process = try DetachedProcess.start(
                "/bin/sh", ["sh", "-c", script],
                directory: OwnedDescriptor.directory(Array("/".utf8)))
        } catch {
            throw ActuationError(.failed, "cannot make a scope: \(error)")
        }
        let answer = process.firstLine(before: Deadline(after: .seconds(10)))
        guard let pid = Int32(answer) else {
            throw ActuationError(.failed, "cannot make a scope: /bin/sh did not start a process")
        }
        return ScopeHolder(process, pid: pid)
    }
}
