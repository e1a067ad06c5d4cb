/// The name of a process that ends a change at its deadline.
package enum HelperName: String, CaseIterable, Sendable {
    /// Thaws a cgroup.
    case thaw = "cgwarden-thaw"
    /// Restores values.
    case undo = "cgwarden-undo"
}
