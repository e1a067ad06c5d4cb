import CgroupModel
import Events
import Policy
import PolicyLanguage

extension PolicyEvent {
    /// Creates the input for rules from an event; nil for one that can trigger none.
    ///
    /// cgwarden's own changes trigger no rule; otherwise two rules could trigger each other.
    init?(_ event: Event) {
        guard EventTrigger.allowed.contains(event.kind), let cgroup = event.cgroup,
            event.kind != .changed || event.details[.by] == nil
        else { return nil }
        self.init(
            event.kind, cgroup.path, cgroup.id, limit: event.word(.limit),
            resource: event.word(.resource), state: event.word(.state),
            count: max(event.folded, 1))
    }
}
