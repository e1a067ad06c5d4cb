internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The owner of a job: a process, distinguished from a later one with the same PID.
struct JobOwner: Equatable {
    /// The boot ID.
    let boot: String
    /// The PID namespace, the only one in which the PID is valid.
    let namespace: String
    let pid: Int32
    /// The start time in ticks since boot.
    let startTicks: UInt64

    /// This process.
    static var own: JobOwner {
        JobOwner(
            boot: BootID.current, namespace: currentNamespace, pid: ThisProcess.id,
            startTicks: ProcessReader(.live).stat(ThisProcess.id)?.startTicks ?? 0)
    }

    /// Whether it ran before this boot.
    ///
    /// If so, its cgroups are gone as well.
    var isOfEarlierBoot: Bool { boot != BootID.current }

    /// Whether it has exited; false for an owner in another PID namespace, where this is unknown.
    var isGone: Bool {
        if isOfEarlierBoot { return true }
        guard namespace == Self.currentNamespace else { return false }
        guard let stat = ProcessReader(.live).stat(pid) else { return true }
        return stat.startTicks != startTicks || stat.state == "Z" || stat.state == "X"
    }

    private static var currentNamespace: String {
        let link = try? ReadBuffer.link(Array("/proc/self/ns/pid".utf8))
        return String(decoding: link ?? [], as: UTF8.self)
    }
}

extension JobOwner {
    private static let verb = "owner"

    init?(_ line: RecordLine) {
        guard line.verb == Self.verb, let boot = line["boot"], let namespace = line["namespace"],
            let pid = line.number("pid"), let ticks = line.number("start")
        else { return nil }
        self.init(
            boot: boot, namespace: namespace, pid: Int32(clamping: pid), startTicks: ticks)
    }

    /// Its line in a record.
    var line: RecordLine {
        RecordLine(
            Self.verb,
            [
                "boot": boot, "namespace": namespace, "pid": "\(pid)", "start": "\(startTicks)",
            ])
    }
}
