package import Actuation
package import CgroupModel
package import Hierarchy
internal import KernelIO

/// Reports who sets the limits of a cgroup, and which ones cgwarden has set.
package struct OwnerReport {
    private let owner: Result<CgroupOwner, ActuationError>
    private let entries: [JournalEntry]

    /// Reports an owner and the open entries of the undo journal.
    init(_ owner: Result<CgroupOwner, ActuationError>, _ entries: [JournalEntry]) {
        self.owner = owner
        self.entries = entries
    }

    /// Finds the owner of a cgroup on the live host; asks systemd if it runs.
    ///
    /// A journal that cannot be read counts as empty.
    package init(of path: CgroupPath, in set: HierarchySet, journal: UndoJournal?) {
        let probe = OwnershipProbe(system: set.system)
        var owner = Result<CgroupOwner, ActuationError>.success(.nobody)
        for index in set.byIdentity {
            guard let directory = try? CgroupDirectory(path, in: set.hierarchies[index]) else {
                continue
            }
            owner = Result { () throws(ActuationError) in try probe.owner(of: directory) }
            if case .success(.nobody) = owner { continue }
            break
        }
        let known = (try? journal?.entries()) ?? []
        self.init(owner, known.filter { $0.path == path && $0.subject == .value })
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
            let value = entry.shown(entry.readBack ?? entry.wanted)
            return (
                entry.what,
                "\(value)  (was \(entry.shown(entry.original)); \(entry.author), \(clock))"
            )
        }
    }

    /// Writes `owner` and `set_by_cgwarden` into an open object.
    func write(to json: inout JSONWriter) {
        json.key("owner")
        json.object { json in
            switch owner {
            case .failure(let error):
                json.key("error")
                json.value(error.message)
            case .success(let owner): owner.write(to: &json)
            }
        }
        guard !entries.isEmpty else { return }
        json.key("set_by_cgwarden")
        json.array { json in
            for entry in entries {
                json.object { json in
                    for (name, text) in [
                        ("file", entry.cell.file), ("line", entry.cell.line ?? ""),
                        ("field", entry.cell.field ?? ""), ("original", entry.original),
                        ("value", entry.readBack ?? entry.wanted), ("by", entry.author),
                    ] where !text.isEmpty {
                        json.key(name)
                        json.value(text)
                    }
                    json.key("time")
                    json.value(Double(entry.wallTime) / 1e6)
                }
            }
        }
    }
}

extension CgroupOwner {
    fileprivate var sentence: String {
        switch self {
        case .nobody: "no known owner of its limits"
        case .systemd(let unit): "limits kept by systemd, as properties of \(unit)"
        case .delegated(let unit): "delegated by systemd to \(unit)"
        case .container(let runtime, let unit):
            "limits set by \(runtime)" + (unit.map { " through systemd, as \($0)" } ?? "")
        case .kubelet(let unit):
            "limits set by the kubelet" + (unit.map { " through systemd, as \($0)" } ?? "")
        case .ours: "created by cgwarden"
        }
    }

    fileprivate func write(to json: inout JSONWriter) {
        let (kind, unit, runtime): (String, SystemdUnit?, String?) =
            switch self {
            case .nobody: ("unknown", nil, nil)
            case .systemd(let unit): ("systemd", unit, nil)
            case .delegated(let unit): ("delegated", unit, nil)
            case .container(let runtime, let unit): ("runtime", unit, runtime)
            case .kubelet(let unit): ("kubelet", unit, nil)
            case .ours: ("cgwarden", nil, nil)
            }
        json.key("kind")
        json.value(kind)
        if let unit {
            json.key("unit")
            json.value("\(unit)")
        }
        if let runtime {
            json.key("runtime")
            json.value(runtime)
        }
    }
}
