internal import CLinux
internal import Glibc

/// A process that has been created but has not executed its command yet.
struct StartingProcess: ~Copyable, Sendable {
    let pid: Int32
    let descriptor: OwnedDescriptor
    private let report: OwnedDescriptor

    init(
        pid: Int32, descriptor: consuming OwnedDescriptor, report: consuming OwnedDescriptor
    ) {
        self.pid = pid
        self.descriptor = descriptor
        self.report = report
    }

    /// Waits until it executes its command; throws the failed step and its reason.
    ///
    /// A process in a frozen cgroup, for example, never does. `isGivenUp` is called at the start
    /// and whenever `signs` is readable. The process is killed after `patience` (ETIMEDOUT), or
    /// once `isGivenUp` returns true (EINTR).
    consuming func finish(
        within patience: Duration? = nil, unless signs: Int32? = nil,
        isGivenUp: () -> Bool = { false }
    ) throws(SpawnError) -> ChildProcess {
        let deadline = patience.map { Deadline(after: $0) }
        while !report.isReadable {
            if isGivenUp() { throw killed(EINTR) }
            if deadline?.hasPassed == true { throw killed(ETIMEDOUT) }
            Readiness.wait(
                for: [report.number] + (signs.map { [$0] } ?? []),
                milliseconds: deadline.map { Int32(clamping: $0.milliseconds) })
        }
        var step: Int32 = 0
        guard unsafe cgw_spawn_finish(pid, report.number, &step) == 0 else {
            throw SpawnError(SpawnError.Step(rawValue: step) ?? .process, code: errno)
        }
        return ChildProcess(pid: pid, descriptor: descriptor)
    }

    /// Kills the process and waits at most 200 ms: in a frozen v1 cgroup, it dies only once thawed.
    private borrowing func killed(_ code: Int32) -> SpawnError {
        _ = cgw_signal_process(descriptor.number, SIGKILL)
        var status: Int32 = 0
        _ = Deadline(after: .milliseconds(200)).wait { unsafe cgw_reap(pid, &status) == 1 }
        return SpawnError(.process, code: code)
    }
}

extension OwnedDescriptor {
    /// Whether there is data to read or an end of file (poll(2)).
    var isReadable: Bool {
        var waiting = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&waiting, 1, 0) > 0
    }
}
