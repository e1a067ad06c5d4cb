package import CgroupModel

/// The events that share a bound: those of a kind in one part of the tree.
///
/// A tenant may cause events at any rate, but only below the cgroup that was delegated to it. With
/// bounds by class, they displace only its own events of the same kind.
package struct EventClass: Hashable, Sendable {
    /// The kind.
    package let kind: EventKind
    /// The topmost cgroup, or the unit or slice in a topmost slice; nil without a cgroup.
    package let subtree: CgroupPath?

    /// Creates a class from its parts.
    package init(_ kind: EventKind, _ subtree: CgroupPath?) {
        self.kind = kind
        self.subtree = subtree
    }

    /// Returns the class of an event.
    package init(_ event: Event) {
        self.init(event.kind, event.cgroup?.path.share)
    }
}
