package import Configuration

/// Freezes cgroups at their memory limit, notifies and thaws, instead of letting the kernel kill:
/// one of `guards`.
package struct OOMGuard: Hashable, Sendable {
    /// A way to get memory below the threshold again.
    package enum Relief: Hashable, Sendable {
        case reclaim
        /// Raise the limit by steps (bytes) up to a ceiling, while the machine keeps this much free.
        case raise(step: UInt64, ceiling: UInt64, hostFreeAtLeast: UInt64)
        case hook(String)
    }

    /// What happens when it was frozen for too long.
    package enum Timeout: String, Hashable, Sendable, CaseIterable {
        /// Let the kernel kill, then thaw.
        case thawKiller = "thaw_killer"
        case raise, kill
        /// Stay frozen (needs `i_accept_hang: true`).
        case stay
    }

    /// Its name, unique among guards and rules.
    package var name: String
    /// Where it stands in the file.
    package var position: ConfigPosition
    /// The group's name.
    package var group: String
    /// The limit in bytes; nil for the one that is set.
    package var limit: UInt64?
    /// At which share of the limit it is frozen.
    package var freezeAt = 0.95
    /// Below which share it is thawed.
    package var resumeAt = 0.85
    /// For how long it must stay below.
    package var resumeFor = Duration.seconds(2)
    /// The longest that it stays frozen.
    package var longestFrozen: Duration
    /// What is tried, in this order.
    package var relief: [Relief]
    /// What happens after ``longestFrozen``.
    package var onTimeout = Timeout.thawKiller
    /// The sinks that are told.
    package var sinks: [String] = []
    /// Whether v1 may drop the page cache with `memory.force_empty`.
    package var allowsForceEmpty = false
    /// Whether v2 gets `memory.oom.group=1`.
    package var killsAsOne = false

    /// A guard with the defaults.
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

/// Takes idle memory back little by little (v2): one of `autosize`.
package struct Autosizer: Hashable, Sendable {
    /// How memory is taken.
    package enum Mode: String, Hashable, Sendable, CaseIterable { case reclaim, high }

    /// Its name.
    package var name: String
    /// Where it stands in the file.
    package var position: ConfigPosition
    /// The group's name.
    package var group: String
    /// The memory pressure (some) that it aims at, in percent.
    package var target = 0.1
    /// Never below this many bytes; nil for no floor.
    package var floor: UInt64?
    /// Never above this many bytes; nil for no ceiling.
    package var ceiling: UInt64?
    /// The largest step, as a share of the usage.
    package var step = 0.01
    /// The time between two.
    package var every = Duration.seconds(6)
    /// How memory is taken.
    package var mode = Mode.reclaim

    /// An autosizer with the defaults.
    package init(name: String, position: ConfigPosition, group: String) {
        self.name = name
        self.position = position
        self.group = group
    }
}

/// How often the engine may act; relief is never limited.
package struct Budgets: Hashable, Sendable {
    /// So many within a time.
    package struct Budget: Hashable, Sendable {
        /// How many.
        package var count: Int
        /// Within which time.
        package var period: Duration

        package init(_ count: Int, per period: Duration) {
            self.count = count
            self.period = period
        }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    package var kill = Budget(1, per: .seconds(15))
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    package var freeze = Budget(2, per: .seconds(10))
    /// Writes to one cgroup.
    package var writesPerGroup = Budget(10, per: .seconds(60))
    /// Writes altogether.
    package var writes = Budget(120, per: .seconds(60))
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    package var hook = Budget(6, per: .seconds(60))

    /// The budgets of a policy that names none.
    package init() {}
}

/// A program that rules start: one of `hooks`.
package struct Hook: Hashable, Sendable {
    /// Its name.
    package var name: String
    /// The absolute program and its arguments; there is no shell.
    package var command: [String]
    /// When it is ended (TERM, two seconds later KILL of its own cgroup or process group).
    package var timeout: Duration
    /// Whom it runs as; nil for the daemon's user.
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

/// Where notices go: one of `sinks`; `journald` needs no entry.
package struct Sink: Hashable, Sendable {
    /// What it is.
    package enum Kind: Hashable, Sendable {
        case journald
        case webhook(url: String, tokenFile: String?, timeout: Duration)
    }

    /// Its name.
    package var name: String
    /// What it is.
    package var kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
