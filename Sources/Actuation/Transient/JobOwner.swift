internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The process that a job belongs to, told from a later one with its number.
struct JobOwner: Equatable {
    /// The boot that it lives in.
    let boot: String
    /// Its pid namespace, in which alone its number means it.
    let namespace: String
    let pid: Int32
    /// When it started, in ticks since boot.
    let startTicks: UInt64

    /// This process.
    static var own: JobOwner {
        JobOwner(
            boot: currentBoot, namespace: currentNamespace, pid: Caller.process,
            startTicks: ProcessReader(.live).stat(Caller.process)?.startTicks ?? 0)
    }

    /// Whether it lived before the machine's last start, and its cgroups with it.
    var isOfEarlierBoot: Bool { boot != Self.currentBoot }

    /// Whether it has ended; not known, and so not said, of one in another pid namespace.
    var isGone: Bool {
        if isOfEarlierBoot { return true }
        guard namespace == Self.currentNamespace else { return false }
        guard let stat = ProcessReader(.live).stat(pid) else { return true }
        return stat.startTicks != startTicks || stat.state == "Z" || stat.state == "X"
    }

    private static var currentBoot: String {
        let bytes = try? ReadBuffer.contents(of: Array("/proc/sys/kernel/random/boot_id".utf8))
        return String(decoding: (bytes ?? []).prefix { $0 > 0x20 }, as: UTF8.self)
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

    /// Its line in a lock file.
    var line: RecordLine {
        RecordLine(
            Self.verb,
            [
                "boot": boot, "namespace": namespace, "pid": "\(pid)", "start": "\(startTicks)",
            ])
    }
}
