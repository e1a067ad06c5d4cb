internal import CLinux

/// Protection of a process that must keep working under memory pressure and during kills.
package enum SurvivalMode {
    /// Locks this process's memory into RAM (mlockall(2)); false if that is not permitted.
    @discardableResult
    package static func lockMemory() -> Bool { cgw_lock_memory() == 0 }

    /// Sets this process's `oom_score_adj` to -900; false if that is not permitted.
    @discardableResult
    package static func spareFromOutOfMemoryKills() -> Bool {
        guard let own = try? OwnedDescriptor.directory(Array("/proc/self".utf8)) else {
            return false
        }
        return (try? ControlFile.write("-900", to: "oom_score_adj", in: own)) != nil
    }

    /// Raises the calling thread's priority to nice -20 (setpriority(2)); false if not permitted.
    @discardableResult
    package static func hurryThread() -> Bool { cgw_hurry_thread() == 0 }

    /// Ignores the signals that a terminal or service manager sends to the whole process group.
    package static func ignoreGroupSignals() { cgw_ignore_group_signals() }
}
