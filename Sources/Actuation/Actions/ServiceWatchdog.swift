internal import Hierarchy
internal import KernelIO

/// Finds the watchdogs of services, because a frozen service cannot notify its watchdog in time.
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
    /// If systemd does not answer, this is the shortest one in the variables of PID 1's children.
    func shortest(of pids: Set<Int32>) -> Duration? {
        guard let systemd else { return nil }
        let reader = ProcessReader(system)
        let children = pids.sorted().filter { reader.stat($0)?.parent == 1 }.compactMap { pid in
            service(of: pid).map { (pid: pid, service: $0) }
        }
        do throws(BusError) {
            return try shortest(of: children, by: systemd, reader)
        } catch {
            return children.compactMap { claim($0.pid) }.filter { $0 >= Self.shortestClaim }.min()
        }
    }

    /// Sends one query per service: a user can create any number of cgroups inside a service.
    private func shortest(
        of children: [(pid: Int32, service: ArraySlice<UInt8>)], by systemd: Systemd,
        _ reader: ProcessReader
    ) throws(BusError) -> Duration? {
        var known: Set<ArraySlice<UInt8>> = []
        var timeouts: [UInt64] = []
        for (pid, service) in children where !known.contains(service) {
            if let timeout = try systemd.watchdog(ofProcess: pid) {
                timeouts.append(timeout)
            } else if reader.hasEnded(pid) {
                // systemd no longer knows its unit.
                continue
            }
            known.insert(service)
        }
        return timeouts.min().map { Duration.microseconds($0) }
    }

    /// The cgroup of the service that a process is in, found by its name; nil outside services.
    ///
    /// Only services have watchdogs.
    private func service(of pid: Int32) -> ArraySlice<UInt8>? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("\(pid)/cgroup")) else {
            return nil
        }
        let lines = ProcCgroup.parse(bytes)
        let line =
            lines.first { $0.controllers == ["name=systemd"] }
            ?? lines.first { $0.hierarchy == 0 }
        guard let path = line?.path else { return nil }
        for name in path.split(separator: UInt8(ascii: "/")) {
            // Every cgroup below a unit's own belongs to the unit, whatever its name.
            if name.suffix(8).elementsEqual(".service".utf8) { return path[..<name.endIndex] }
            if name.suffix(6).elementsEqual(".scope".utf8) { return nil }
        }
        return nil
    }

    /// The timeout in `WATCHDOG_USEC`; nil without one or if `WATCHDOG_PID` is another process.
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
