package import CgroupModel

/// One cause, with the evidence for it.
package struct Finding: Hashable, Sendable {
    /// The kind of cause.
    package let kind: FindingKind
    /// How bad it is.
    package let severity: Severity
    /// The cgroup whose limit, freeze or weight is the cause; nil if there is none.
    package let culprit: CgroupPath?
    /// The limit that is the cause; nil if there is none.
    package var bound: Bound?
    /// The share of time that tasks lose to the cause, 0 to 1; nil if it cannot be measured.
    package let share: Double?
    /// The values that support it, the deciding one first.
    package var evidence: [Evidence]
    /// Other cgroups that use the same resource, the heaviest user first.
    package let competitors: [Competitor]

    init(
        _ kind: FindingKind, severity: Severity? = nil, by culprit: CgroupPath? = nil,
        bound: Bound? = nil, share: Double? = nil, _ evidence: [Evidence] = [],
        competitors: [Competitor] = []
    ) {
        self.kind = kind
        self.severity = severity ?? kind.row.severity
        self.culprit = culprit
        self.bound = bound
        self.share = share
        self.evidence = evidence
        self.competitors = competitors
    }

    /// The resource that is short; nil for a finding about the cgroup as a whole.
    package var resource: Resource? {
        kind.row.resource ?? bound.flatMap { Resource($0.limit.metric) }
    }

    /// Whether this finding is listed before another one.
    ///
    /// Shares are compared in steps of a tenth. The share of a specific cause and that of the
    /// pressure that it produces differ only by noise.
    func precedes(_ other: Finding) -> Bool {
        if severity != other.severity { return severity < other.severity }
        if severity == .slow, tenths != other.tenths { return tenths > other.tenths }
        return kind.rank < other.kind.rank
    }

    /// A recording may claim any share.
    private var tenths: Int { share.map { Int(($0.isFinite ? min($0, 1000) : 1000) * 10) } ?? 0 }
}

extension Resource {
    /// The resource that a metric's controller distributes; nil for others.
    init?(_ metric: MetricID) {
        switch MetricCatalog[metric].controller {
        case .cpu, .cpuacct, .cpuset: self = .cpu
        case .memory: self = .memory
        case .io: self = .io
        case .pids: self = .pids
        case .freezer: self = .freezer
        default: return nil
        }
    }
}

/// Another user of the same resource: a cgroup, or the processes of an ancestor itself.
package struct Competitor: Hashable, Sendable {
    /// The cgroup: a sibling of the explained one or of an ancestor; an ancestor if ``isDirect``.
    package let cgroup: CgroupPath
    /// Whether only the cgroup's own processes are meant, without those of its descendants.
    package var isDirect = false
    /// Its usage: CPUs, or bytes per second on a device.
    package let usage: Double
    /// Its weight; nil if weights do not matter.
    package let weight: Evidence?
}
