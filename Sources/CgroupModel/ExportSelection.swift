/// Which metrics of which cgroups are exported.
public struct ExportSelection: Hashable, Sendable {
    /// How much is exported.
    public var profile = ExportProfile.full
    /// What is exported beyond it.
    public var extras: Set<ExportExtra> = []
    /// How many levels below the topmost cgroup.
    public var depth = 6
    /// Paths of which one must match; all cgroups if there are none.
    public var include: [Glob] = []
    /// Paths of cgroups that are left out.
    public var exclude: [Glob] = []
    /// Names of block devices that are left out.
    public var excludedDevices = ["loop*", "ram*", "zram*"].compactMap {
        Glob($0, separator: nil)
    }
    /// Whether a cgroup has series for a device that it never used.
    public var hasIdleDevices = false
    /// The largest number of cgroups; the rest are counted.
    public var mostCgroups = 1000
    /// What every series repeats of `cgroup_info`.
    public var inlineLabels: [IdentityLabel] = []

    /// The defaults.
    public init() {}

    /// Whether the family of a row is exported.
    public func contains(_ metric: Metric) -> Bool {
        guard metric.family != nil else { return false }
        switch metric.exportGroup {
        case .basic: return true
        case .full: return profile == .full
        case .extra(let extra): return extras.contains(extra)
        }
    }

    /// The key of a row in the family of all of `memory.stat`, nil if that is not exported.
    public func memoryStatKey(_ metric: Metric) -> String? {
        extras.contains(.memoryStat) ? metric.memoryStatKey : nil
    }

    /// What has to be read for it, also for numbers that are derived from others.
    public var metrics: [MetricID] {
        MetricCatalog.all.filter { contains($0) || memoryStatKey($0) != nil }.map(\.id)
            + [.memoryMaxEffective, .memoryOOMKills, .memoryLocalOOMKills]
    }
}

/// A label of `cgroup_info` that every series may repeat.
public enum IdentityLabel: String, CaseIterable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case kind, unit, slice, runtime
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case containerID = "container_id"
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case container, image, pod
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case podUID = "pod_uid"
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case namespace, qos

    /// What a cgroup has there; empty is not known, or none.
    public func value(_ identity: CgroupIdentity) -> String {
        let value =
            switch self {
            case .kind: Optional(identity.kind.rawValue)
            case .unit: identity.unit
            case .slice: identity.slice
            case .runtime: identity.runtime
            case .containerID: identity.containerID
            case .container: identity.container
            case .image: identity.image
            case .pod: identity.pod
            case .podUID: identity.podUID
            case .namespace: identity.namespace
            case .qos: identity.qos
            }
        return value ?? ""
    }
}
