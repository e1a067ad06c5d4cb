internal import Hierarchy
internal import KernelIO

/// The process that recorded a change, distinguished from a later one with the same PID.
package struct WritingProcess: Hashable, Sendable {
    /// The process ID, in the PID namespace of the writer.
    package let pid: Int32
    /// The start time in ticks since boot (proc_pid_stat(5)).
    let startTicks: UInt64

    /// This process.
    static let own = WritingProcess(
        pid: Caller.process,
        startTicks: ProcessReader(.live).stat(Caller.process)?.startTicks ?? 0)

    /// Whether it is another process than this one, and still runs.
    var isAnotherAtWork: Bool {
        guard self != .own, let stat = ProcessReader(.live).stat(pid) else { return false }
        return stat.startTicks == startTicks && stat.state != "Z" && stat.state != "X"
    }
}

extension WritingProcess {
    /// Parses the process of a record; nil if the record has none.
    init?(_ line: RecordLine) {
        guard let pid = line.number("pid"), let ticks = line.number("start") else { return nil }
        self.init(pid: Int32(clamping: pid), startTicks: ticks)
    }
}
