import CgroupModel
import Hierarchy
import KernelIO

/// The confinement of processes: namespaces, capabilities, seccomp and security label.
struct ConfinementReport {
    private let reader: ProcessReader

    init(_ system: SystemRoot) { reader = ProcessReader(system) }

    func write(_ pid: Int32, in trees: [String], to json: inout JSONWriter) {
        guard let process = reader.describe(pid) else { return }
        json.object { json in
            json.member("pid", Int64(pid))
            json.array("hierarchies") { json in for tree in trees { json.value(tree) } }
            json.member("command", process.command)
            if let user = process.status?.user {
                json.member("user", UserName.text(user, within: .seconds(2)))
                json.member("uid", UInt64(user))
            }
            json.object("namespaces") { json in
                for kind in NamespaceKind.allCases where process.namespaces[kind] != .absent {
                    json.object(kind.rawValue) { json in write(kind, process, to: &json) }
                }
            }
            if let status = process.status { write(status, to: &json) }
            json.member("lsm", labelText(process.label))
        }
    }

    private func write(
        _ kind: NamespaceKind, _ process: ProcessDescription, to json: inout JSONWriter
    ) {
        if let inode = process.namespaces[kind].value {
            json.member("inode", inode)
        }
        json.member("relation", relationText(kind, process))
    }

    private func write(_ status: ProcessStatus, to json: inout JSONWriter) {
        let sets: [(String, CapabilitySet?)] = [
            ("effective", status.effective), ("permitted", status.permitted),
            ("inheritable", status.inheritable), ("bounding", status.bounding),
            ("ambient", status.ambient),
        ]
        json.object("capabilities") { json in
            for (name, set) in sets {
                guard let set else { continue }
                json.array(name) { json in for name in set.names { json.value(name) } }
            }
        }
        if let seccomp = status.seccomp {
            json.member("seccomp", seccomp.text)
        }
        if let flag = status.noNewPrivileges {
            json.member("no_new_privs", flag)
        }
    }

    /// Returns the text form; `note` follows the first line.
    func text(_ pid: Int32, _ note: String) -> String {
        guard let process = reader.describe(pid) else { return "" }
        let status = process.status
        let user = status?.user.map { UserName.text($0, within: .seconds(2)) } ?? "?"
        var lines = ["\(pid) \(user) \(process.command.prefix(120))\(note)"]
        let kinds = NamespaceKind.allCases.filter { process.namespaces[$0] != .absent }
        let groups = Dictionary(grouping: kinds) { relationText($0, process) }
        for (relation, kinds) in groups.sorted(by: { $0.key < $1.key }) {
            let whose = reader.referenceIsInit ? "process 1" : "cgwarden"
            let what = relation == "shared" ? "shared with \(whose)" : relation
            lines.append("  namespaces \(what): \(kinds.map(\.rawValue).joined(separator: " "))")
        }
        if let status {
            if let effective = status.effective {
                lines.append("  capabilities: \(effective.text())")
            }
            if let ambient = status.ambient, ambient.mask != 0 {
                lines.append("  ambient: \(ambient.text())")
            }
            let seccomp = status.seccomp?.text ?? "unknown"
            let flag = status.noNewPrivileges.map { $0 ? "yes" : "no" } ?? "unknown"
            lines.append(
                "  seccomp: \(seccomp), no_new_privs: \(flag), lsm: \(labelText(process.label))")
        } else {
            lines.append("  status: \(process.statusReason.word ?? "malformed")")
        }
        return lines.map { "  \($0)\n" }.joined()
    }

    private func relationText(_ kind: NamespaceKind, _ process: ProcessDescription) -> String {
        switch process.namespaces.relation(of: kind, to: reader.reference) {
        case .shared: "shared"
        case .own: "own"
        case .unknown(let reason): reason.word ?? "malformed"
        }
    }

    private func labelText(_ label: SecurityLabel) -> String {
        switch label {
        case .noModule: "none"
        case .absent: "absent"
        case .notPermitted: "not permitted"
        case .gone: "gone"
        default: label.text ?? "none"
        }
    }
}
