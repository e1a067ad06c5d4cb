internal import CLinux
internal import Glibc

/// A process that waits before it becomes its command; it ends if it is let go of otherwise, or if
/// this process dies.
public struct HeldProcess: ~Copyable, Sendable {
    /// Its number.
    public let pid: Int32
    private let descriptor: OwnedDescriptor
    private let gate: OwnedDescriptor
    private let report: OwnedDescriptor

    /// Starts it (clone3(2)), in this process's own cgroup; throws where and why it failed.
    public static func start(
        _ command: [String], namespaces: NamespaceFlags
    ) throws(SpawnError) -> HeldProcess {
        precondition(!command.isEmpty, "there is something to start")
        var ends: [Int32] = [-1, -1]
        guard unsafe cgw_pipe(&ends) == 0 else { throw SpawnError(.process, code: errno) }
        // The other end is the child's; here it would only keep a number.
        defer { close(ends[0]) }
        let gate = OwnedDescriptor(adopting: ends[1])
        var descriptor: Int32 = -1
        var report: Int32 = -1
        let pid = unsafe ChildProcess.withArguments(command) { arguments in
            var request = unsafe cgw_spawn(
                arguments: arguments, memberships: nil, membership_count: 0, cgroup: -1,
                namespaces: namespaces.rawValue, apart: nil, gate: (ends[0], ends[1]))
            return unsafe cgw_spawn_begin(&request, &descriptor, &report)
        }
        guard pid > 0 else { throw SpawnError(.process, code: errno) }
        return HeldProcess(
            pid: pid, descriptor: OwnedDescriptor(adopting: descriptor), gate: gate,
            report: OwnedDescriptor(adopting: report))
    }

    /// Lets it become its command (execvp(3)); throws where and why that failed.
    public consuming func release() throws(SpawnError) -> ChildProcess {
        var step: Int32 = 0
        _ = cgw_open_gate(gate.number)
        guard unsafe cgw_spawn_finish(pid, report.number, &step) == 0 else {
            throw SpawnError(SpawnError.Step(rawValue: step) ?? .process, code: errno)
        }
        return ChildProcess(pid: pid, descriptor: descriptor)
    }
}
