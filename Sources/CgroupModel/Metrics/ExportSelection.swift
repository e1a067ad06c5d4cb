/// The metrics and cgroups to export.
package struct ExportSelection: Hashable, Sendable {
    /// The default extent.
    package var profile = ExportProfile.full
    /// The extras exported in addition.
    package var extras: Set<ExportExtra> = []
    /// The number of levels below the topmost cgroup.
    package var depth = 6
    /// Patterns of paths to export; if empty, all cgroups are exported.
    package var include: [Glob] = []
    /// Patterns of paths to leave out.
    package var exclude: [Glob] = []
    /// Patterns of block device names to leave out.
    package var excludedDevices = ["loop*", "ram*", "zram*"].compactMap {
        Glob($0, separator: nil)
    }
    /// Whether a cgroup has series for devices that it never used.
    package var hasIdleDevices = false
    /// The maximum number of cgroups; further ones are only counted.
    package var mostCgroups = 1000
    /// The labels of `cgroup_info` that every series repeats.
    package var inlineLabels: [IdentityLabel] = []

    /// Creates the default selection.
    package init() {}

    /// Whether a row's family is exported.
    package func contains(_ metric: Metric) -> Bool {
        guard metric.family != nil else { return false }
        switch metric.exportGroup {
        case .basic: return true
        case .full: return profile == .full
        case .extra(let extra): return extras.contains(extra)
        }
    }

    /// A row's key in the family of all `memory.stat` keys; nil if that is not exported.
    package func memoryStatKey(_ metric: Metric) -> String? {
        extras.contains(.memoryStat) ? metric.memoryStatKey : nil
    }

    /// The metrics to read, including those that other numbers are derived from.
    package var metrics: [MetricID] {
        MetricCatalog.all.filter { contains($0) || memoryStatKey($0) != nil }.map(\.id)
            + [.memoryMaxEffective, .memoryOOMKills, .memoryLocalOOMKills]
    }
}

/// A label of `cgroup_info` that every series may repeat.
package enum IdentityLabel: String, CaseIterable, Sendable {
    case kind, unit, slice, runtime
    case containerID = "container_id"
    case container, image, pod
    case podUID = "pod_uid"
    case namespace, qos

    /// The label's value for a cgroup; empty if unknown or none.
    package func value(_ identity: CgroupIdentity) -> String {
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
