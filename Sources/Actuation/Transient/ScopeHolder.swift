internal import KernelIO

/// A small process that keeps a scope alive.
///
/// systemd removes an empty scope immediately, before the command's usage could be read. The
/// holder exits when this value is released or this process ends.
struct ScopeHolder: ~Copyable, Sendable {
    /// The process ID.
    let pid: Int32
    private let process: DetachedProcess

    /// A shell, because it needs little memory.
    ///
    /// If the kernel permits it, the shell is exempt from OOM kills in the scope.
    private static let script = "echo -1000 >/proc/self/oom_score_adj; echo $$; read end"

    private init(_ process: consuming DetachedProcess, pid: Int32) {
        self.process = process
        self.pid = pid
    }

    /// Starts the process and reads its PID.
    static func start() throws(ActuationError) -> ScopeHolder {
        let process: DetachedProcess
        do throws(IOError) {
            process = try DetachedProcess.start(
                "/bin/sh", ["sh", "-c", script],
                directory: OwnedDescriptor.directory(Array("/".utf8)))
        } catch {
            throw ActuationError(.failed, "cannot create a scope: \(error)")
        }
        let answer = process.firstLine(within: .seconds(10))
        guard let pid = answer.text.flatMap({ Int32($0) }) else {
            throw ActuationError(.failed, "cannot create a scope: /bin/sh \(answer)")
        }
        return ScopeHolder(process, pid: pid)
    }
}
