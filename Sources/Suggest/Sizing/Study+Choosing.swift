package import CgroupModel

/// The reason why no cgroup, or not a given one, can be sized.
package enum StudyRefusal: Error, Hashable, Sendable {
    /// The snapshots cover less than the minimum time; both in nanoseconds.
    case tooShort(covered: UInt64, least: UInt64)
    /// More time is in gaps than in snapshots; both in nanoseconds.
    case mostlyGaps(observed: UInt64, missing: UInt64)
    /// The cgroup was first seen less than the minimum time ago; both in nanoseconds.
    case tooYoung(age: UInt64, least: UInt64)
}

extension Study {
    /// The reason why the recording as a whole is not enough; nil if it is.
    package var refusal: StudyRefusal? {
        if clock.missing > clock.observed, clock.span >= options.leastTime {
            return .mostlyGaps(observed: clock.observed, missing: clock.missing)
        }
        return clock.observed < leastTime
            ? .tooShort(covered: clock.observed, least: options.leastTime) : nil
    }

    /// Returns the refusal of a cgroup that was not seen for long enough; nil if it was.
    ///
    /// A job that runs for an hour each day counts from its first run to its last.
    package func refusal(of record: WorkloadRecord) -> StudyRefusal? {
        record.age < leastTime
            ? .tooYoung(age: record.age, least: options.leastTime) : nil
    }

    /// The minimum less 2 %: a day's recording lacks the interval before its first snapshot.
    private var leastTime: UInt64 { options.leastTime - options.leastTime / 50 }

    /// Whether a cgroup is sized by default: services and scopes, and leaves outside of them.
    ///
    /// Cgroups inside a service belong to it, except in a user's manager. PID 1's scope is omitted.
    package static func isWorkload(_ record: WorkloadRecord) -> Bool {
        let path = record.path
        guard !path.isRoot, path.bytes != Array("/init.scope".utf8) else { return false }
        let above = path.line.dropFirst().dropLast().contains { isUnit($0) }
        return !above && (isUnit(path) || !record.hadChildren)
    }

    private static func isUnit(_ path: CgroupPath) -> Bool {
        let name = path.name
        return (name.hasSuffix(".service") || name.hasSuffix(".scope"))
            && UnitName.user(ofManager: name) == nil
    }

    /// The paths that a name, a path or a pattern selects, in order.
    ///
    /// The text is first taken as a recorded or printed path, then as a pattern, then as a last
    /// component. The root is never selected, because it has no limits.
    package static func paths(
        named text: String, among records: [WorkloadRecord]
    ) -> [CgroupPath] {
        let all = records.map(\.path).filter { !$0.isRoot }
        let typed = CgroupPath(typed: text) { all.contains($0) }
        if all.contains(typed) { return [typed] }
        let matches = PathPattern(text).map { pattern in all.filter { pattern.matches($0) } } ?? []
        guard matches.isEmpty, !text.contains("/") else { return matches }
        return all.filter { $0.nameBytes.elementsEqual(text.utf8) || $0.name == text }
    }
}
