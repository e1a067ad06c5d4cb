import CgroupModel
import Configuration

extension PolicyLinter {
    /// Finds triggers by events that cannot have the effect that the rule describes.
    mutating func lintEvent(_ rule: Rule, _ place: ConfigPosition) {
        guard let event = rule.event else { return }
        let within = DurationText.text(event.within)
        if rule.holdTime >= event.within {
            note(
                .impossible, place,
                "rule '\(rule.name)' never acts: an event counts for \(within), which is not longer "
                    + "than 'for'; remove 'for', or make 'within' longer")
        }
        let isDone = rule.actions.allSatisfy(\.kind.isNotice)
        if event.kinds == [.died], rule.scope == .each, !isDone {
            note(
                .impossible, place,
                "rule '\(rule.name)' can only notify and log: a removed cgroup cannot be changed")
        }
        let isEndless = rule.undoing == .keep || rule.clearTime > .zero
        if !isDone, !isEndless, places["rules/\(rule.name)/until"] == nil {
            note(
                .briefEffect, place,
                "rule '\(rule.name)' is undone \(within) after the last event; add until or "
                    + "until_for, or undo: keep")
        }
        for action in rule.actions {
            guard let kind = action.kind.ownEvent, event.kinds.contains(kind) else { continue }
            note(
                .selfTriggered, place,
                "the \(action.kind.name) of rule '\(rule.name)' causes the event '\(kind.rawValue)', "
                    + "which triggers it again")
        }
    }
}

extension RuleAction.Kind {
    /// Whether it only notifies and changes nothing.
    package var isNotice: Bool {
        switch self {
        case .notify, .log: true
        default: false
        }
    }

    /// The event that it causes for the cgroup; nil for none that can trigger a rule.
    ///
    /// Changes of limits by cgwarden trigger no rule.
    fileprivate var ownEvent: EventKind? {
        switch self {
        case .freeze: .frozen
        case .thaw: .thawed
        default: nil
        }
    }
}
