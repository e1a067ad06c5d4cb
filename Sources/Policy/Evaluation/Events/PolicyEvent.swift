package import CgroupModel
internal import PolicyLanguage

/// Something that happened to a cgroup, as input of a tick.
package struct PolicyEvent: Hashable, Sendable {
    /// The kind.
    package var kind: EventKind
    /// The path of the cgroup.
    package var path: CgroupPath
    /// The identity of the cgroup; nil if it is unknown.
    package var cgroup: CgroupID?
    /// The limit that was hit or changed, by its name; nil for other kinds.
    package var limit: String?
    /// The resource under pressure; nil for other kinds.
    package var resource: String?
    /// The state that began; nil for other kinds.
    package var state: String?
    /// How often it happened; at least 1.
    package var count: UInt64

    /// Creates an event that happened once.
    package init(
        _ kind: EventKind, _ path: CgroupPath, _ cgroup: CgroupID? = nil, limit: String? = nil,
        resource: String? = nil, state: String? = nil, count: UInt64 = 1
    ) {
        self.kind = kind
        self.path = path
        self.cgroup = cgroup
        self.limit = limit
        self.resource = resource
        self.state = state
        self.count = count
    }
}

extension EventTrigger {
    /// Whether an event is one that the trigger counts.
    func matches(_ event: PolicyEvent) -> Bool {
        func agrees(_ wanted: String?, _ value: String?) -> Bool {
            wanted == nil || wanted == value
        }
        return kinds.contains(event.kind) && agrees(limit, event.limit)
            && agrees(resource, event.resource) && agrees(state, event.state)
    }
}
