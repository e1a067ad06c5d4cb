import CgroupModel
import Hierarchy

/// The processes of a cgroup, which only this host knows.
extension CgroupDescription {
    func write(processesIn set: HierarchySet, to json: inout JSONWriter) {
        let members = Membership(set).members(of: path)
        json.array("processes") { json in
            let report = ConfinementReport(set.system)
            for pid in pids(members) {
                let trees = zip(set.hierarchies, members).filter { $0.1.list.contains(pid) }
                report.write(pid, in: trees.map(\.0.label), to: &json)
            }
        }
    }

    private func pids(_ members: [Membership.Members]) -> [Int32] {
        Set(members.flatMap(\.list)).sorted()
    }

    func processes(in set: HierarchySet) -> String {
        let members = Membership(set).members(of: path)
        let report = ConfinementReport(set.system)
        let pids = pids(members)
        var text = pids.isEmpty ? "  none\n" : ""
        for pid in pids {
            text += report.text(pid, MembershipNote.text(of: pid, set.hierarchies, members))
        }
        for (hierarchy, members) in zip(set.hierarchies, members) {
            if case .unreadable(let reason) = members, reason != .covered {
                text += "  \(hierarchy.label): \(reason.word ?? "malformed")\n"
            }
        }
        return text
    }
}
