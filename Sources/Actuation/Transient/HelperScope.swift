internal import KernelIO

/// The place of a helper that must outlive the session of the command that started it.
package enum HelperScope {
    /// Moves this process into a scope of its own, if it runs as root and the host runs systemd.
    ///
    /// In the session's cgroup, the helper would be killed with the session, for example by systemd
    /// at logout with `KillUserProcesses=`. Without root, or if systemd does not answer, the helper
    /// stays there, because no other cgroup is reserved for it. Returns at once, because a systemd
    /// that hangs must not delay the change.
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
            describedAs: "cgwarden helper for an expiring change",
            // The helper ignores SIGTERM, and a shutdown must not wait for it.
            with: [SystemdAssignment("TimeoutStopUSec", .u64(100_000))], by: systemd)
    }
}
