internal import Hierarchy
internal import KernelIO

/// Finds services' watchdogs, which a frozen service cannot notify in time.
///
/// Any process can set the variable `WATCHDOG_USEC`, so the timeouts come from systemd itself.
struct ServiceWatchdog {
    /// The shortest timeout that is accepted from a variable.
    private static let shortestClaim = Duration.seconds(1)

    private let system: SystemRoot
    private let systemd: Systemd?

    /// Queries the systemd of a host; without systemd, no process has a watchdog.
    init(system: SystemRoot) {
        self.init(
            system: system,
            systemd: OwnershipProbe.isSystemdRunning(on: system)
                ? Systemd.connected(to: .system) : nil)
    }

    init(system: SystemRoot, systemd: Systemd?) {
        self.system = system
        self.systemd = systemd
    }

    /// The shortest watchdog timeout of the processes' services; nil without a watchdog.
    ///
    /// If systemd does not answer, this is the shortest one that a child of PID 1 claims.
    func shortest(of pids: Set<Int32>) -> Duration? {
        guard let systemd else { return nil }
        let reader = ProcessReader(system)
        let children = pids.sorted().filter { reader.stat($0)?.parent == 1 }
        do throws(BusError) {
            return try shortest(of: children, by: systemd, reader)
        } catch {
            return children.compactMap(claim).filter { $0 >= Self.shortestClaim }.min()
        }
    }

    /// Sends one query for each cgroup, because its processes belong to one unit.
    private func shortest(
        of children: [Int32], by systemd: Systemd, _ reader: ProcessReader
    ) throws(BusError) -> Duration? {
        var known: Set<[UInt8]> = []
        var timeouts: [UInt64] = []
        for pid in children {
            let cgroups = try? ReadBuffer.contents(of: system.proc("\(pid)/cgroup"))
            if let cgroups, known.contains(cgroups) { continue }
            if let timeout = try systemd.watchdog(ofProcess: pid) {
                timeouts.append(timeout)
            } else if reader.hasEnded(pid) {
                // systemd no longer knows its unit.
                continue
            }
            if let cgroups { known.insert(cgroups) }
        }
        return timeouts.min().map { Duration.microseconds($0) }
    }

    /// The timeout in `WATCHDOG_USEC`, for the process in `WATCHDOG_PID`.
    private func claim(_ pid: Int32) -> Duration? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("\(pid)/environ")) else {
            return nil
        }
        let variables = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        func value(_ name: String) -> Int64? {
            variables.first { $0.hasPrefix("\(name)=") }.flatMap {
                Int64($0.dropFirst(name.utf8.count + 1))
            }
        }
        guard let microseconds = value("WATCHDOG_USEC"),
            value("WATCHDOG_PID").map({ $0 == Int64(pid) }) ?? true
        else { return nil }
        return .microseconds(microseconds)
    }
}
