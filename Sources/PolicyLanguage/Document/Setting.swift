package import CgroupModel

/// Identifies a value that can be set: a limit of ``LimitCatalog`` and, if it has several, the
/// instance.
package struct LimitKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The limit's unified name: `io.max.wbps`.
    package var name: String
    /// The disk, page size, interface or resource as written; nil for one value per cgroup.
    package var instance: String?

    package init(_ name: String, instance: String? = nil) {
        self.name = name
        self.instance = instance
    }

    /// The limit in the catalog; nil if the name is unknown.
    package var limit: Limit? { LimitCatalog.limit(named: name) }

    /// The canonical key on v2, where `memory.soft_limit` is another name of `memory.high`.
    package var unified: LimitKey { name == "memory.soft_limit" ? LimitKey("memory.high") : self }

    /// Whether it is a device rule: written in the policy's order, and never undone.
    package var isDeviceRule: Bool { name.hasPrefix("devices.") }

    /// Orders keys by name, then by instance.
    package static func < (left: LimitKey, right: LimitKey) -> Bool {
        (left.name, left.instance ?? "") < (right.name, right.instance ?? "")
    }

    /// `io.max.wbps[8:0]`.
    package var description: String { instance.map { "\(name)[\($0)]" } ?? name }
}

/// A requested value.
package enum Setting: Hashable, Sendable {
    /// A value of ``LimitCatalog``.
    case limit(LimitKey, LimitValue)
    /// The CPUs (and memory nodes) of a pool.
    case pool(String)
}

/// The CPUs that a pool requests.
package enum CPUDemand: Hashable, Sendable {
    case count(Int)
    case list(RangeList)
    /// A share of the host's CPUs, 0 to 1, rounded down but at least one.
    case hostShare(Double)
}

/// A set of CPUs for cgroups: one of `pools`.
package struct CPUPool: Hashable, Sendable {
    /// Whether the CPUs must be on one memory node.
    package enum NUMA: String, Hashable, Sendable, CaseIterable { case none, prefer, strict }
    /// Whether a core's hardware threads stay together.
    package enum SMT: String, Hashable, Sendable, CaseIterable {
        case wholeCore = "whole_core"
        case any
    }
    /// What to do if the host has too few CPUs.
    package enum Fallback: String, Hashable, Sendable, CaseIterable {
        /// Leaves the cgroup unchanged.
        case skip
        /// Shares the CPUs of no pool.
        case shared
    }

    /// The name.
    package var name: String
    /// The requested CPUs.
    package var cpus: CPUDemand
    /// Whether ``others`` are moved off these CPUs.
    package var isExclusive = false
    /// The placement on memory nodes.
    package var numa = NUMA.none
    /// Whether whole cores are used.
    package var smt = SMT.any
    /// What to do if there are too few.
    package var fallback = Fallback.skip
    /// The groups that are moved off an exclusive pool.
    package var others: [String] = []
}
