internal import KernelIO

/// The place of a helper that must outlive the session of the command that started it.
package enum HelperScope {
    /// Moves this process into a scope of its own, if it is root's and systemd runs.
    ///
    /// Whoever ends the session's cgroup, as systemd does at a logout with `KillUserProcesses=`,
    /// would otherwise end the helper with it. Elsewhere, and if systemd does not answer, it stays
    /// where it is: no other cgroup is known to be for it. Returns at once, because a systemd that
    /// hangs must not delay the change.
    package static func enter(_ name: HelperName) {
        guard ThisProcess.user == 0, InstalledSystemd.isRunning else { return }
        try? WorkerThread.start("cgw-scope") {
            guard InstalledSystemd.countsProcessesAsHere() else { return }
            enter(name, by: .connected(to: .system))
        }
    }

    static func enter(_ name: HelperName, by systemd: Systemd) {
        _ = try? SystemdScope.start(
            "\(name.rawValue)-\(ThisProcess.id).scope", holding: [UInt32(ThisProcess.id)],
            describedAs: "cgwarden's helper that ends a change",
            // It ignores SIGTERM, and a shutdown must not wait for it.
            with: [SystemdAssignment("TimeoutStopUSec", .u64(100_000))], by: systemd)
    }
}
