internal import Hierarchy
internal import KernelIO

/// A process, distinguished from a later one with the same PID.
package struct ProcessIdentity: Hashable, Sendable {
    /// The process ID, in the PID namespace of the process that recorded it.
    package let pid: Int32
    /// The start time in ticks since boot (proc_pid_stat(5)).
    let startTicks: UInt64

    /// This process.
    static let own = ProcessIdentity(
        pid: ThisProcess.id,
        startTicks: ProcessReader(.live).stat(ThisProcess.id)?.startTicks ?? 0)

    /// Whether it still runs.
    package var isRunning: Bool {
        guard let stat = ProcessReader(.live).stat(pid) else { return false }
        return stat.startTicks == startTicks && stat.state != "Z" && stat.state != "X"
    }

    /// The process with this ID, also if it has exited and its parent has not seen that; nil if
    /// there is none.
    package init?(running pid: Int32) {
        guard let stat = ProcessReader(.live).stat(pid) else { return nil }
        self.init(pid: pid, startTicks: stat.startTicks)
    }

    init(pid: Int32, startTicks: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
    }
}

/// The process that recorded a change, in the fields `pid` and `start`.
extension ProcessIdentity {
    /// Whether it is a process other than this one and still runs.
    var isAnotherAtWork: Bool { self != .own && isRunning }

    /// Parses the process of a record; nil if the record has none.
    init?(_ line: RecordLine) {
        guard let pid = line.number("pid"), let ticks = line.number("start") else { return nil }
        self.init(pid: Int32(clamping: pid), startTicks: ticks)
    }
}

/// The helper process of a change that expires.
extension ProcessIdentity {
    /// Parses the line that a helper prints once it watches: `ready PID TICKS`.
    init?(ready line: String) {
        let words = line.split(separator: " ")
        guard words.count == 3, words[0] == "ready" else { return nil }
        self.init(words[1], words[2])
    }

    /// Parses the field of a record: `PID:TICKS`.
    init?(helper text: String) {
        let words = text.split(separator: ":")
        guard words.count == 2 else { return nil }
        self.init(words[0], words[1])
    }

    private init?(_ pid: Substring, _ ticks: Substring) {
        guard let pid = Int32(pid), pid > 0, let ticks = UInt64(ticks) else { return nil }
        self.init(pid: pid, startTicks: ticks)
    }

    var readyLine: String { "ready \(pid) \(startTicks)" }
    var helperText: String { "\(pid):\(startTicks)" }
}
