/// The cgroup versions mounted on a host.
package enum HierarchyMode: String, Hashable, Sendable, CaseIterable {
    /// Only v1 hierarchies.
    case v1
    /// Only the v2 hierarchy.
    case v2
    /// v1 hierarchies for some controllers, and the v2 hierarchy.
    case hybrid

    /// The name of the mode in reports, as in systemd's documentation.
    package var word: String {
        switch self {
        case .v1: "legacy"
        case .v2: "unified"
        case .hybrid: "hybrid"
        }
    }
}
