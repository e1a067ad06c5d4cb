package import CgroupModel
package import Hierarchy
package import History
internal import KernelIO

/// The cgroups with the processes of each hierarchy, as text or JSON.
package struct TreeListing {
    private let snapshot: Snapshot
    /// The hierarchies of this host; nil for a snapshot of the past, which has no processes.
    private let set: HierarchySet?
    private let membership: Membership?
    private let reader: ProcessReader?
    private let identities: Identities?
    /// The controllers of v2.
    private let unified: Set<Controller>

    /// Lists the cgroups of a snapshot.
    package init(_ snapshot: Snapshot, _ set: HierarchySet, withProcesses: Bool = true) {
        self.snapshot = snapshot
        self.set = set
        membership = withProcesses ? Membership(set) : nil
        reader = ProcessReader(set.system)
        identities = .settled(set, snapshot.cgroups)
        unified = Set(set.hierarchies.first { $0.version == .unified }?.controllers ?? [])
    }

    /// Lists the cgroups of a past snapshot of a recorded host; such a snapshot has no processes.
    package init(past snapshot: Snapshot, _ machine: RecordedMachine?) {
        unified =
            machine?.hasUnified == true
            ? Set(Controller.allCases).subtracting(machine?.legacy ?? []) : []
        self.snapshot = snapshot
        set = nil
        membership = nil
        reader = nil
        identities = nil
    }

    private func identity(_ index: Int) -> CgroupIdentity {
        let entry = snapshot.cgroups[index]
        return identities?.identity(of: entry) ?? CgroupIdentity(entry.path)
    }

    private func members(_ index: Int) -> [(MountedHierarchy, Membership.Members)] {
        guard let set, let membership else { return [] }
        let members = membership.members(of: snapshot.cgroups[index].path)
        return Array(zip(set.hierarchies, members))
    }

    /// The controllers of a cgroup; on v2, those that its parent enables for it.
    private func controllers(_ index: Int) -> [String] {
        let entry = snapshot.cgroups[index]
        var names = entry.controllers.filter { !unified.contains($0) }.map(\.rawValue)
        if let id = MetricCatalog.metric(named: "cgroup.controllers")?.id,
            let word = snapshot[index, id].value
        {
            names += Word.text(word).split(separator: " ").map {
                Controller(name: String($0))?.rawValue ?? String($0)
            }
        }
        return names
    }

    /// The tree as JSON, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for index in snapshot.cgroups.indices { write(index, to: &json) }
        }
        json.newline()
        return json.bytes
    }

    private func write(_ index: Int, to json: inout JSONWriter) {
        let entry = snapshot.cgroups[index]
        let members = members(index)
        json.object { json in
            if set == nil {
                json.key("time")
                json.literal(DecimalText.fixed(Double(snapshot.wallTime) / 1e6, places: 3))
            }
            json.member("path", entry.path.text)
            json.member("inode", entry.id.inode)
            identity(index).write(to: &json)
            json.array("controllers") { json in for name in controllers(index) { json.value(name) }
            }
            guard membership != nil else { return }
            json.object("processes") { json in
                for (hierarchy, members) in members {
                    guard case .processes(let list) = members else { continue }
                    for key in hierarchy.keys {
                        json.array(key) { json in for pid in list { json.value(Int64(pid)) } }
                    }
                }
            }
            json.write(
                unavailable: members.compactMap { hierarchy, members in
                    guard case .unreadable(let reason) = members else { return nil }
                    return (hierarchy.label, reason)
                })
        }
    }

    /// The tree as text.
    package var text: String {
        var text =
            set == nil ? "as of \(CivilTime(local: snapshot.wallTime).text), no processes\n" : ""
        // Whether each cgroup is its parent's last child; a backward pass meets that child first.
        var isLast: [Int: Bool] = [:]
        var following = Set<Int>()
        for index in snapshot.cgroups.indices.reversed() {
            let parent = snapshot.cgroups[index].parent ?? -1
            isLast[index] = following.insert(parent).inserted
        }
        for index in snapshot.cgroups.indices {
            var prefix = ""
            var place = snapshot.cgroups[index].parent
            while let here = place, snapshot.cgroups[here].parent != nil {
                prefix = (isLast[here] == true ? "   " : "│  ") + prefix
                place = snapshot.cgroups[here].parent
            }
            let isTop = snapshot.cgroups[index].parent == nil
            let branch = isTop ? "" : isLast[index] == true ? "└─ " : "├─ "
            let path = snapshot.cgroups[index].path
            let name = isTop ? path.description : path.name
            let names = controllers(index)
            let suffix = names.isEmpty ? "" : "  [\(names.joined(separator: " "))]"
            text += prefix + branch + name + suffix + "\n"
            let identity = identity(index)
            let hasChildren =
                snapshot.cgroups.indices.contains(index + 1)
                && snapshot.cgroups[index + 1].parent == index
            let inner =
                prefix + (isTop ? "" : isLast[index] == true ? "   " : "│  ")
                + (hasChildren ? "│  " : "   ")
            // Cgroups inside a container are listed below it, so they do not repeat its identity.
            let sentences = identity.kind == .other ? [] : identity.sentences
            for line in sentences + processLines(index) { text += inner + line + "\n" }
        }
        return text
    }

    private func processLines(_ index: Int) -> [String] {
        guard let set, let reader else { return [] }
        let all = members(index)
        let members = all.map(\.1)
        let present = all.filter { $0.1 != .noSuchCgroup }
        var lines: [String] = []
        for pid in Set(present.flatMap { $0.1.list }).sorted() {
            let note = MembershipNote.text(of: pid, set.hierarchies, members)
            let text =
                pid == 0
                ? "of another pid namespace"
                : reader.stat(pid).map { reader.command(pid, name: $0.name) } ?? "?"
            lines.append("\(pid) \(text.prefix(100))\(note)")
        }
        for (hierarchy, members) in present {
            if case .unreadable(let reason) = members {
                lines.append("\(hierarchy.label): \(reason.word ?? "malformed")")
            }
        }
        return lines
    }
}
