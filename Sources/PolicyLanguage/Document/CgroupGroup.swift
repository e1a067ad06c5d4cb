package import CgroupModel
package import Configuration

/// A named set of cgroups: one of `groups`; all given criteria must match.
package struct CgroupGroup: Hashable, Sendable {
    /// Selects by the position in the tree.
    package enum Kind: String, Hashable, Sendable, CaseIterable { case leaf, inner, any }
    /// Selects among nested matches.
    package enum Nesting: String, Hashable, Sendable, CaseIterable { case all, outermost, leaf }

    /// Selects a container or pod by what its runtime reports; the ID is also known from the path.
    package struct Container: Hashable, Sendable {
        /// Patterns for what the runtime reports; nil matches anything.
        package var runtime, name, id, image, pod, namespace: TextPattern?
        /// Patterns for labels, by name.
        package var labels: [String: TextPattern] = [:]

        /// Creates a selection that matches any container.
        package init() {}
    }

    /// The key in `groups`.
    package var name: String
    /// The position in the file.
    package var position: ConfigPosition
    /// Patterns of paths, one of which must match; empty for any.
    package var paths: [PathPattern] = []
    /// Patterns of paths to exclude.
    package var excluded: [PathPattern] = []
    /// The pattern of the systemd unit's name.
    package var unit: TextPattern?
    /// The container or pod that the cgroup belongs to.
    package var container: Container?
    /// Extended attributes of the directory: `trusted.*`, or `user.cgwarden.*` of a trusted owner.
    package var attributes: [String: TextPattern] = [:]
    /// The user ID of the directory's owner.
    package var uid: UInt32?
    /// The pattern of the command name of any process.
    package var command: TextPattern?
    /// The position in the tree.
    package var kind = Kind.any
    /// Whether members must be populated or empty; nil for either.
    package var populated: Bool? = true
    /// Which to select among nested matches.
    package var nesting = Nesting.all

    /// Creates a group of all populated cgroups.
    package init(name: String, position: ConfigPosition) {
        self.name = name
        self.position = position
    }
}
