package import Configuration

/// A named set of cgroups: one of `groups`; all given criteria must match.
package struct CgroupGroup: Hashable, Sendable {
    /// Which of them by their place in the tree.
    package enum Kind: String, Hashable, Sendable, CaseIterable { case leaf, inner, any }
    /// Which of them when some lie within others.
    package enum Nesting: String, Hashable, Sendable, CaseIterable { case all, outermost, leaf }

    /// A container or pod, by what its runtime tells; the id also by its path.
    package struct Container: Hashable, Sendable {
        /// Patterns for what the runtime reports; nil matches anything.
        package var runtime, name, id, image, pod, namespace: TextPattern?
        /// Labels with their values.
        package var labels: [String: TextPattern] = [:]

        /// Any container.
        package init() {}
    }

    /// Its name.
    package var name: String
    /// Where it stands in the file.
    package var position: ConfigPosition
    /// Paths, one of which must match; empty for any.
    package var paths: [PathPattern] = []
    /// Paths that do not belong.
    package var excluded: [PathPattern] = []
    /// The systemd unit's name.
    package var unit: TextPattern?
    /// The container.
    package var container: Container?
    /// Extended attributes of the directory: `trusted.*`, or `user.cgwarden.*` of a trusted owner.
    package var attributes: [String: TextPattern] = [:]
    /// The directory's owner.
    package var uid: UInt32?
    /// The command name of any member.
    package var command: TextPattern?
    /// By place in the tree.
    package var kind = Kind.any
    /// Whether it must (or must not) hold processes; nil for either.
    package var populated: Bool? = true
    /// Which of those that lie within others.
    package var nesting = Nesting.all

    /// A group of all populated cgroups.
    package init(name: String, position: ConfigPosition) {
        self.name = name
        self.position = position
    }
}
