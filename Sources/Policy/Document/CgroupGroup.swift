public import Configuration

/// A named set of cgroups: one of `groups`; all given criteria must match.
public struct CgroupGroup: Hashable, Sendable {
    /// Which of them by their place in the tree.
    public enum Kind: String, Hashable, Sendable, CaseIterable { case leaf, inner, any }
    /// Which of them when some lie within others.
    public enum Nesting: String, Hashable, Sendable, CaseIterable { case all, outermost, leaf }

    /// A container or pod, by what its runtime tells; the id also by its path.
    public struct Container: Hashable, Sendable {
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        public var runtime, name, id, image, pod, namespace: TextPattern?
        /// Labels with their values.
        public var labels: [String: TextPattern] = [:]

        /// Any container.
        public init() {}
    }

    /// Its name.
    public var name: String
    /// Where it stands in the file.
    public var position: ConfigPosition
    /// Paths, one of which must match; empty for any.
    public var paths: [PathPattern] = []
    /// Paths that do not belong.
    public var excluded: [PathPattern] = []
    /// The systemd unit's name.
    public var unit: TextPattern?
    /// The container.
    public var container: Container?
    /// Extended attributes of the directory: `trusted.*`, or `user.cgwarden.*` of a trusted owner.
    public var attributes: [String: TextPattern] = [:]
    /// The directory's owner.
    public var uid: UInt32?
    /// The command name of any member.
    public var command: TextPattern?
    /// By place in the tree.
    public var kind = Kind.any
    /// Whether it must (or must not) hold processes; nil for either.
    public var populated: Bool? = true
    /// Which of those that lie within others.
    public var nesting = Nesting.all

    /// A group of all populated cgroups.
    public init(name: String, position: ConfigPosition) {
        self.name = name
        self.position = position
    }
}
