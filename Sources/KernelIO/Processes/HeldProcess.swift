internal import CLinux
internal import Glibc

/// A process that waits before it executes its command.
///
/// It exits if this value is dropped without ``release(unless:isGivenUp:)``, or if this process
/// dies.
package struct HeldProcess: ~Copyable, Sendable {
    /// The process ID.
    package let pid: Int32
    private let process: StartingProcess
    private let gate: OwnedDescriptor

    /// Starts it in this process's own cgroup (clone3(2)); throws the failed step and its reason.
    package static func start(
        _ command: [String], namespaces: NamespaceFlags, passing passed: [Int32] = []
    ) throws(SpawnError) -> HeldProcess {
        var ends: [Int32] = [-1, -1]
        guard unsafe cgw_pipe(&ends) == 0 else { throw SpawnError(.process, code: errno) }
        // The read end belongs to the child; close this process's copy.
        defer { close(ends[0]) }
        let gate = OwnedDescriptor(adopting: ends[1])
        let request = SpawnRequest(
            command, namespaces: namespaces, passed: passed, gate: (ends[0], ends[1]))
        let process = try request.begin()
        return HeldProcess(pid: process.pid, process: process, gate: gate)
    }

    /// Lets it execute its command (execvp(3)); throws the failed step and its reason.
    ///
    /// As in ``ChildProcess/start(_:in:joining:namespaces:passing:unless:isGivenUp:)``, a command
    /// that does not start can be given up.
    package consuming func release(
        unless signs: Int32? = nil, isGivenUp: () -> Bool = { false }
    ) throws(SpawnError) -> ChildProcess {
        _ = cgw_open_gate(gate.number)
        return try process.finish(unless: signs, isGivenUp: isGivenUp)
    }
}
