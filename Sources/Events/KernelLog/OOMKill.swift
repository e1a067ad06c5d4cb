package import CgroupModel

/// A process that the OOM killer killed, as the kernel log reports it.
package struct OOMKill: Hashable, Sendable {
    /// The scope that ran out of memory.
    package enum Constraint: String, Sendable {
        /// A cgroup reached its limit.
        case memcg
        /// The memory nodes of a cpuset are full.
        case cpuset
        /// The memory nodes of a memory policy are full.
        case mempolicy
        /// The host is full.
        case host
    }

    /// The time in microseconds of the kernel's log clock.
    package var microseconds: UInt64
    /// The victim's process ID.
    package var pid: UInt64
    /// The victim's command name.
    package var comm: [UInt8]
    /// The victim's user ID; nil before Linux 5.0.
    package var uid: UInt64?
    /// The victim's anonymous memory, mapped files and shared memory in bytes.
    package var anon, file, shmem: UInt64?
    /// The victim's cgroup; for further victims of `memory.oom.group`, the cgroup that was killed.
    ///
    /// Nil if a record was lost or truncated.
    package var cgroup: CgroupPath?
    /// Whether ``cgroup`` is presumed: the log names only the cgroup that is killed as a whole, and
    /// the victim should be in it.
    package var isGroupPresumed = false
    /// The scope that ran out of memory.
    package var constraint = Constraint.host
    /// The cgroup whose limit was reached; nil if no limit was reached or a record was lost.
    package var owner: CgroupPath?
    /// The limit: `memory.max`, or `memory.memsw.max` on v1; nil if unknown.
    package var limitName: String?
    /// The limit in bytes; nil if unknown.
    package var limit: UInt64?
    /// The owner's usage in bytes; nil if unknown.
    package var usage: UInt64?
    /// The page cache in that usage in bytes; nil if unknown.
    package var usageFile: UInt64?

    /// Creates a kill with only its victim known.
    package init(microseconds: UInt64, pid: UInt64, comm: [UInt8]) {
        self.microseconds = microseconds
        self.pid = pid
        self.comm = comm
    }

    /// The details of the event.
    package var details: [EventField: EventValue] {
        var details: [EventField: EventValue] = [
            .source: .text("log"), .pid: .number(pid), .comm: .bytes(comm),
            .constraint: .text(constraint.rawValue),
        ]
        let numbers: [(EventField, UInt64?)] = [
            (.uid, uid), (.anonBytes, anon), (.fileBytes, file), (.shmemBytes, shmem),
            (.limitBytes, limit), (.usageBytes, usage), (.usageFileBytes, usageFile),
        ]
        for (field, number) in numbers { details[field] = number.map { .number($0) } }
        details[.limitOwner] = owner.map { .path($0) }
        details[.limit] = limitName.map { .text($0) }
        return details
    }
}
