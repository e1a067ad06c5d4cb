package import PolicyLanguage

/// A command of an ``OOMGuardMachine``.
package enum OOMGuardCommand: Hashable, Sendable {
    /// v1: enables the OOM killer (memory.oom_control 0), or makes tasks wait (1).
    case killer(isOn: Bool)
    /// v2: throttles above these bytes (memory.high); nil restores the original.
    case high(UInt64?)
    /// Replaces the thresholds in bytes that wake up the guard.
    case watch(freezeAt: UInt64, resumeAt: UInt64)
    /// Freezes the whole cgroup. The guardian thaws it at this time, or never if nil, even if the
    /// daemon hangs.
    case freeze(until: PolicyInstant?)
    case thaw
    /// Reclaims this many bytes; on v1 as much as possible.
    case reclaim(UInt64)
    /// Sets the limit; on v1 memory+swap first if raised, last if lowered.
    case limit(UInt64)
    /// Runs a hook of the policy.
    case hook(String)
    /// Kills all processes.
    case kill
    /// Sends a notice and writes to the audit log.
    case tell(LogLevel, String)
    /// Writes only to the audit log.
    case note(String)

    /// Whether it is slow, so that its end is reported as an event.
    package var isSlow: Bool {
        switch self {
        case .reclaim, .limit, .hook, .kill: true
        default: false
        }
    }

    /// The action name in the audit log.
    package var action: String {
        switch self {
        case .killer(let isOn): isOn ? "oom-killer-on" : "oom-killer-off"
        case .high: "set"
        case .watch: "watch"
        case .freeze: "freeze"
        case .thaw: "thaw"
        case .reclaim: "reclaim"
        case .limit: "set"
        case .hook: "hook"
        case .kill: "kill"
        case .tell: "notify"
        case .note: "note"
        }
    }
}

/// An event for an ``OOMGuardMachine``.
package enum OOMGuardEvent: Hashable, Sendable {
    /// Observed, because a threshold was crossed or a tick was due.
    case observed(OOMGuardObservation)
    /// The cgroup must not be frozen: it is protected, on hold, or differs between hierarchies.
    case refused(String)
    /// The cgroup must be thawed: a member holds a contended lock, or a user thawed the cgroup.
    case released(String, OOMGuardObservation)
    /// Another program set the limit (bytes).
    case limitChanged(UInt64)
    /// A slow command ended; its effect has already been observed.
    case finished(OOMGuardCommand, OOMGuardOutcome)
    /// The cgroup must no longer be guarded.
    case disarm
    /// The cgroup was removed.
    case gone
}

/// The result of a slow command.
package enum OOMGuardOutcome: Hashable, Sendable {
    case done
    /// A partial result, with a sentence.
    case partial(String)
    /// A resource is in use (EBUSY); to be retried later.
    case busy(String)
    case failed(String)
}

/// The observed state of a guarded cgroup.
package struct OOMGuardObservation: Hashable, Sendable {
    /// Bytes in use.
    package var usage: UInt64
    /// Whether one of its tasks waits for memory (v1).
    package var isUnderOOM: Bool
    /// Whether all of its processes are frozen.
    package var isFrozen: Bool
    /// Whether it is empty.
    package var isEmpty: Bool
    /// The host's available memory in bytes; nil if unknown.
    package var hostAvailable: UInt64?

    package init(
        usage: UInt64, isUnderOOM: Bool = false, isFrozen: Bool = false, isEmpty: Bool = false,
        hostAvailable: UInt64? = nil
    ) {
        self.usage = usage
        self.isUnderOOM = isUnderOOM
        self.isFrozen = isFrozen
        self.isEmpty = isEmpty
        self.hostAvailable = hostAvailable
    }
}
