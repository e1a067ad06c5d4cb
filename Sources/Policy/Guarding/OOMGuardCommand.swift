/// What an ``OOMGuardMachine`` wants done, in the order in which it is to be done.
package enum OOMGuardCommand: Hashable, Sendable {
    /// v1: let the kernel kill at the limit (memory.oom_control 0), or have tasks wait (1).
    case killer(isOn: Bool)
    /// v2: throttle above these bytes (memory.high); nil puts the original back.
    case high(UInt64?)
    /// Wake up at these many bytes, instead of at those named before.
    case watch(freezeAt: UInt64, resumeAt: UInt64)
    /// Ask all of it to stop; thawed by this time whatever happens, nil for never.
    case freeze(until: PolicyInstant?)
    case thaw
    /// Take so many bytes back; on v1 all that can be had.
    case reclaim(UInt64)
    /// Set the limit: v1 memory and swap first when it is raised, last when it is lowered.
    case limit(UInt64)
    /// Run a hook of the policy.
    case hook(String)
    /// End all processes.
    case kill
    /// Tell people, and the audit log.
    case tell(LogLevel, String)
    /// Tell the audit log alone.
    case note(String)

    /// Whether it may take long, so that its end comes back as an event.
    package var isSlow: Bool {
        switch self {
        case .reclaim, .limit, .hook, .kill: true
        default: false
        }
    }

    /// The word in the audit log.
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

/// What an ``OOMGuardMachine`` is told.
package enum OOMGuardEvent: Hashable, Sendable {
    /// Looked at, because something woke the guard up or a tick was due.
    case observed(OOMGuardObservation)
    /// It must not be frozen: it is protected, on hold, or not the same processes in every tree.
    case refused(String)
    /// It must go on: a member holds a lock that someone outside waits for, or a person thawed it.
    case released(String, OOMGuardObservation)
    /// Someone else set another limit (bytes).
    case limitChanged(UInt64)
    /// A slow command ended; what it led to has been observed before.
    case finished(OOMGuardCommand, OOMGuardOutcome)
    /// Nobody wants it guarded any more.
    case disarm
    /// The cgroup is gone.
    case gone
}

/// How a slow command ended.
package enum OOMGuardOutcome: Hashable, Sendable {
    case done
    /// Less than was asked for, with a sentence.
    case partial(String)
    /// Something in use stands in the way (EBUSY): to be tried later.
    case busy(String)
    case failed(String)
}

/// What a guarded cgroup was seen to be.
package struct OOMGuardObservation: Hashable, Sendable {
    /// Bytes in use.
    package var usage: UInt64
    /// Whether a task of it waits for memory (v1).
    package var isUnderOOM: Bool
    /// Whether all of it stands still.
    package var isFrozen: Bool
    /// Whether nobody is in it any more.
    package var isEmpty: Bool
    /// What the whole machine has available, in bytes; nil if that is unknown.
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
