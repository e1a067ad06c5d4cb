internal import CLinux

/// What a process does that has to be there when memory is short, or when others are ended.
public enum Steadiness {
    /// Keeps this process's memory from being paged out (mlockall(2)); whether that is permitted.
    @discardableResult
    public static func lockMemory() -> Bool { cgw_lock_memory() == 0 }

    /// Spares this process from the OOM killer as far as that can be asked for; whether it is.
    @discardableResult
    public static func spareFromOutOfMemoryKills() -> Bool {
        guard let own = try? OwnedDescriptor.directory(Array("/proc/self".utf8)) else {
            return false
        }
        return (try? ControlFile.write("-900", to: "oom_score_adj", in: own)) != nil
    }

    /// Has the calling thread run before others that want the CPU (setpriority(2), nice -20);
    /// whether that is permitted.
    @discardableResult
    public static func hurryThread() -> Bool { cgw_hurry_thread() == 0 }

    /// Ignores the signals that a terminal or a service manager sends to all of a group.
    public static func ignoreGroupSignals() { cgw_ignore_group_signals() }
}
