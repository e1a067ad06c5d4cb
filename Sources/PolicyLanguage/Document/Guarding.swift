package import Configuration

/// Freezes cgroups at their memory limit, notifies and thaws, instead of letting the kernel kill:
/// one of `guards`.
package struct OOMGuard: Hashable, Sendable {
    /// A way to get memory usage below the threshold.
    package enum Relief: Hashable, Sendable {
        case reclaim
        /// Raises the limit in steps (bytes) to a ceiling, while the host keeps this much free.
        case raise(step: UInt64, ceiling: UInt64, hostFreeAtLeast: UInt64)
        case hook(String)
    }

    /// What to do if it is still frozen after ``OOMGuard/longestFrozen``.
    package enum Timeout: String, Hashable, Sendable, CaseIterable {
        /// Enables the OOM killer, then thaws.
        case thawKiller = "thaw_killer"
        case raise, kill
        /// Stays frozen; needs `i_accept_hang: true`.
        case stay
    }

    /// The name, unique among guards and rules.
    package var name: String
    /// The position in the file.
    package var position: ConfigPosition
    /// The name of the group.
    package var group: String
    /// The limit in bytes; nil for the one in force.
    package var limit: UInt64?
    /// The threshold for a freeze, as a share of the limit.
    package var freezeAt = 0.95
    /// The share below which it is thawed.
    package var resumeAt = 0.85
    /// After the OOM killer was enabled: the time that usage must stay below ``resumeAt``.
    package var resumeFor = Duration.seconds(2)
    /// The maximum time frozen.
    package var longestFrozen: Duration
    /// The relief steps, in order.
    package var relief: [Relief]
    /// What to do after ``longestFrozen``.
    package var onTimeout = Timeout.thawKiller
    /// The sinks to notify.
    package var sinks: [String] = []
    /// Whether v1 may drop the page cache with `memory.force_empty`.
    package var allowsForceEmpty = false
    /// Whether v2 gets `memory.oom.group=1`.
    package var killsAsOne = false

    /// Creates a guard with the defaults.
    package init(
        name: String, position: ConfigPosition, group: String, longestFrozen: Duration,
        relief: [Relief]
    ) {
        self.name = name
        self.position = position
        self.group = group
        self.longestFrozen = longestFrozen
        self.relief = relief
    }
}

/// Reclaims idle memory in steps (v2): one of `autosize`.
package struct Autosizer: Hashable, Sendable {
    /// How memory is reclaimed.
    package enum Mode: String, Hashable, Sendable, CaseIterable { case reclaim, high }

    /// The name.
    package var name: String
    /// The position in the file.
    package var position: ConfigPosition
    /// The name of the group.
    package var group: String
    /// The target memory pressure (some), in percent.
    package var target = 0.1
    /// The minimum size in bytes; nil for none.
    package var floor: UInt64?
    /// The maximum size in bytes; nil for none.
    package var ceiling: UInt64?
    /// The maximum step, as a share of usage.
    package var step = 0.01
    /// The interval.
    package var every = Duration.seconds(6)
    /// How memory is reclaimed.
    package var mode = Mode.reclaim
}

/// Limits how often the engine acts; thawing and restoring are never limited.
package struct Budgets: Hashable, Sendable {
    /// A number of actions within a time.
    package struct Budget: Hashable, Sendable {
        /// The number of actions.
        package var count: Int
        /// The time.
        package var period: Duration

        package init(_ count: Int, per period: Duration) {
            self.count = count
            self.period = period
        }
    }

    /// Kills on the whole host.
    package var kill = Budget(1, per: .seconds(15))
    /// Freezes on the whole host.
    package var freeze = Budget(2, per: .seconds(10))
    /// Writes to one cgroup.
    package var writesPerGroup = Budget(10, per: .seconds(60))
    /// Writes to all cgroups.
    package var writes = Budget(120, per: .seconds(60))
    /// Runs of hooks on the whole host.
    package var hook = Budget(6, per: .seconds(60))

    /// Creates the default budgets.
    package init() {}
}

/// A program that rules start: one of `hooks`.
package struct Hook: Hashable, Sendable {
    /// The name.
    package var name: String
    /// The absolute path of the program and its arguments; no shell is used.
    package var command: [String]
    /// The time limit, after which its cgroup or process group gets SIGTERM and, two seconds later,
    /// SIGKILL.
    package var timeout: Duration
    /// The user to run as; nil for the daemon's user.
    package var user: String?

    package init(
        name: String, command: [String], timeout: Duration = .seconds(5), user: String? = nil
    ) {
        self.name = name
        self.command = command
        self.timeout = timeout
        self.user = user
    }
}

/// A destination of notices: one of `sinks`; `journald` needs no entry.
package struct Sink: Hashable, Sendable {
    /// The kind of sink.
    package enum Kind: Hashable, Sendable {
        case journald
        case webhook(url: String, tokenFile: String?, timeout: Duration)
    }

    /// The name.
    package var name: String
    /// The kind of sink.
    package var kind: Kind
}
