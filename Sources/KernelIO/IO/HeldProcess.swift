internal import CLinux
internal import Glibc

/// A process that waits before it becomes its command; it ends if it is let go of otherwise, or if
/// this process dies.
public struct HeldProcess: ~Copyable, Sendable {
    /// Its number.
    public let pid: Int32
    private let process: StartingProcess
    private let gate: OwnedDescriptor

    /// Starts it (clone3(2)), in this process's own cgroup; throws where and why it failed.
    public static func start(
        _ command: [String], namespaces: NamespaceFlags, passing passed: [Int32] = []
    ) throws(SpawnError) -> HeldProcess {
        var ends: [Int32] = [-1, -1]
        guard unsafe cgw_pipe(&ends) == 0 else { throw SpawnError(.process, code: errno) }
        // The other end is the child's; here it would only keep a number.
        defer { close(ends[0]) }
        let gate = OwnedDescriptor(adopting: ends[1])
        let request = SpawnRequest(
            command, namespaces: namespaces, passed: passed, gate: (ends[0], ends[1]))
        let process = try request.begin()
        return HeldProcess(pid: process.pid, process: process, gate: gate)
    }

    /// Lets it become its command (execvp(3)); throws where and why that failed.
    ///
    /// As with ``ChildProcess/start(_:in:joining:namespaces:passing:unless:isGivenUp:)`` it is given
    /// up if it does not come to run.
    public consuming func release(
        unless signs: Int32? = nil, isGivenUp: () -> Bool = { false }
    ) throws(SpawnError) -> ChildProcess {
        _ = cgw_open_gate(gate.number)
        return try process.finish(unless: signs, isGivenUp: isGivenUp)
    }
}
