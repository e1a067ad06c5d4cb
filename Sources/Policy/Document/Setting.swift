package import CgroupModel

/// Names one value that can be set: a row of ``LimitCatalog``, and which disk, page size, interface
/// or resource.
package struct LimitKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The limit's unified name: `io.max.wbps`.
    package var name: String
    /// The disk, page size, interface or resource as it was written; nil for one value a cgroup.
    package var instance: String?

    package init(_ name: String, instance: String? = nil) {
        self.name = name
        self.instance = instance
    }

    /// The row behind the name.
    package var limit: Limit? { LimitCatalog.limit(named: name) }

    /// The key of the value where memory is a hierarchy of v2: two names of one file are one value.
    var unified: LimitKey { name == "memory.soft" ? LimitKey("memory.high") : self }

    /// Whether it is a rule for devices: written in the policy's order, and never taken back.
    package var isDeviceRule: Bool { name.hasPrefix("devices.") }

    /// Order of the names, then of the instances.
    package static func < (left: LimitKey, right: LimitKey) -> Bool {
        (left.name, left.instance ?? "") < (right.name, right.instance ?? "")
    }

    /// `io.max.wbps[8:0]`.
    package var description: String { instance.map { "\(name)[\($0)]" } ?? name }
}

/// What one value is to be.
package enum Setting: Hashable, Sendable {
    /// A value of ``LimitCatalog``.
    case limit(LimitKey, LimitValue)
    /// The CPUs (and memory nodes) of a pool.
    case pool(String)
}

/// How many CPUs a pool wants.
package enum CPUDemand: Hashable, Sendable {
    case count(Int)
    case list(RangeList)
    /// A share of the machine's CPUs, 0 to 1, rounded down but at least one.
    case hostShare(Double)
}

/// CPUs that the cgroups of a pool get: one of `pools`.
package struct CPUPool: Hashable, Sendable {
    /// How near the CPUs have to be to one memory node.
    package enum NUMA: String, Hashable, Sendable, CaseIterable { case none, prefer, strict }
    /// Whether a core's hardware threads stay together.
    package enum SMT: String, Hashable, Sendable, CaseIterable {
        case wholeCore = "whole_core"
        case any
    }
    /// What happens when the machine has too few CPUs.
    package enum Fallback: String, Hashable, Sendable, CaseIterable {
        /// Leave the cgroup as it is.
        case skip
        /// Let it share the CPUs that no pool took.
        case shared
    }

    /// Its name.
    package var name: String
    /// How many it wants.
    package var cpus: CPUDemand
    /// Whether ``others`` must leave these CPUs.
    package var isExclusive: Bool
    /// How near to a memory node.
    package var numa: NUMA
    /// Whether cores stay whole.
    package var smt: SMT
    /// What happens when there are too few.
    package var fallback: Fallback
    /// The groups that shrink to the shared rest.
    package var others: [String]

    package init(
        name: String, cpus: CPUDemand, isExclusive: Bool = false, numa: NUMA = .none,
        smt: SMT = .any, fallback: Fallback = .skip, others: [String] = []
    ) {
        self.name = name
        self.cpus = cpus
        self.isExclusive = isExclusive
        self.numa = numa
        self.smt = smt
        self.fallback = fallback
        self.others = others
    }
}
