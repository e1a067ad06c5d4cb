internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Reports who sets the limits of a cgroup, and which ones cgwarden has set.
package struct OwnerReport {
    private let owner: Result<CgroupOwner, ActuationError>
    private let entries: [JournalEntry]
    private let set: HierarchySet

    /// Reports an owner and the open entries of the undo journal.
    init(
        _ owner: Result<CgroupOwner, ActuationError>, _ entries: [JournalEntry],
        in set: HierarchySet
    ) {
        self.owner = owner
        self.entries = entries
        self.set = set
    }

    /// The owner in one sentence.
    package var sentence: String {
        switch owner {
        case .failure(let error): "owner unknown: \(error)"
        case .success(let owner): owner.sentence
        }
    }

    /// Warnings for someone who sets a limit, because the owner may reset it.
    package var warnings: [String] {
        if case .success(let owner) = owner { [owner.warning].compactMap(\.self) } else { [] }
    }

    /// The limits that cgwarden has set: name, then value, original, author and time.
    var rows: [(String, String)] {
        entries.map { entry in
            let clock = CivilTime(local: entry.wallTime).text
            let period = entry.quotaPeriod(in: set)
            let value = entry.shown(entry.readBack ?? entry.wanted, period: period)
            let original = entry.shown(entry.original, period: period)
            return (entry.what, "\(value)  (was \(original); \(entry.author), \(clock))")
        }
    }

    /// Writes `owner` and `set_by_cgwarden` into an open object.
    func write(to json: inout JSONWriter) {
        json.object("owner") { json in
            switch owner {
            case .failure(let error):
                json.member("error", error.message)
            case .success(let owner): owner.write(to: &json)
            }
        }
        guard !entries.isEmpty else { return }
        json.array("set_by_cgwarden") { json in
            for entry in entries {
                json.object { json in
                    for (name, text) in [
                        ("file", entry.cell.file), ("line", entry.cell.line ?? ""),
                        ("field", entry.cell.field ?? ""), ("original", entry.original),
                        ("value", entry.readBack ?? entry.wanted), ("by", entry.author),
                    ] where !text.isEmpty {
                        json.member(name, text)
                    }
                    json.member("time", Double(entry.wallTime) / 1e6)
                }
            }
        }
    }
}
